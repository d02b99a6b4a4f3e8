from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audioml.core.errors import UsageError
from audioml.core.stages import ModelSpec
from audioml.core.values import Annotation, Frames, Prediction
from audioml.edge.records import Records, _number, _numbers, record_id, smoothed, utc
from audioml.edge.results import Result

SPEC = ModelSpec("ust", "1.2", "tags", "MIT", 8000, weights="ab" * 32)
LABELS = ("dog", "music")


def made(values, *, labels=LABELS, start=-0.5, **fields) -> Result:
    scores = Frames(np.asarray(values, np.float32), 0.5, start, labels)
    known = {"rate": 8000, "channels": 1, "duration": 3.0, "seconds": 0.25, "recorded": 1.7e9}
    return Result("k", "a.wav", Prediction({"scores": scores}), SPEC, **{**known, **fields})


def data(records: Records, result: Result, kind: str) -> list[dict]:
    return [dict(e.data) for e in records(result) if e.data["kind"] == kind]


def test_a_window_is_told_with_its_times_and_scores() -> None:
    result = made([[0.1, 0.7], [0.25, 0.123456789]])
    first, second = data(Records(window=1.0, threshold=0.25), result, "window")
    assert first == {
        "kind": "window",
        "id": record_id("k", SPEC, "window", 0),
        "name": "a.wav",
        "key": "k",
        "window": 0,
        "t_start": -0.5,
        "t_end": 0.5,
        "time": "2023-11-14T22:13:19.500Z",
        "scores": {"dog": 0.1, "music": 0.7},
        "above": ["music"],
        "model": {"name": "ust", "version": "1.2", "sha256": "ab" * 32},
    }
    assert second["scores"]["music"] == 0.123457
    assert second["above"] == ["dog"], "at the threshold is enough"
    assert next(iter(first)) == "kind"
    assert data(Records(), result, "window")[0]["t_end"] == 0.0, "the hop, where no window is given"


def test_a_file_is_told_with_means_and_peaks() -> None:
    result = made([[0.2, 0.7], [0.4, 0.9]], status="truncated", flags=("short",))
    (found,) = data(Records(kind="files", threshold={"music": 0.8, "dog": 0.9}), result, "file")
    host = found.pop("host")
    assert host
    assert found == {
        "kind": "file",
        "id": record_id("k", SPEC, "file"),
        "name": "a.wav",
        "key": "k",
        "time": "2023-11-14T22:13:20.000Z",
        "status": "truncated",
        "flags": ["short"],
        "duration": 3.0,
        "rate": 8000,
        "channels": 1,
        "windows": 2,
        "scores": {"dog": 0.3, "music": 0.8},
        "peaks": {"dog": 0.4, "music": 0.9},
        "above": {"music": 1},
        "seconds": 0.25,
        "rtf": 12.0,
        "model": {"name": "ust", "version": "1.2", "sha256": "ab" * 32},
    }


def test_kinds_and_their_order() -> None:
    result = made([[0.2, 0.7]])
    chords = Annotation("chord", np.array([[0, 1.5], [1.5, 3]]), ["C:maj", None])
    result = replace(result, prediction=Prediction({**result.prediction, "chord": chords}))
    for kind, expected in (
        ("both", ["file", "window", "event", "event"]),
        ("windows", ["window", "event", "event"]),
        ("files", ["file"]),
    ):
        assert [e.data["kind"] for e in Records(kind=kind)(result)] == expected
    sure = replace(chords, confidence=np.array([0.5, np.nan], np.float32))
    first, second = data(Records(), replace(result, prediction=Prediction({"c": sure})), "event")
    assert (first["namespace"], first["t_start"], first["t_end"]) == ("chord", 0.0, 1.5)
    assert [(e["value"], e["confidence"]) for e in (first, second)] == [
        ("C:maj", 0.5),
        (None, None),
    ]


def test_embeddings_are_told_without_numbers() -> None:
    result = made(np.zeros((2, 2)), labels=())
    file, *windows = Records(threshold=0.5)(result)
    assert len(windows) == 2
    assert not {"scores", "above"} & windows[0].data.keys()
    assert (file.data["scores"], file.data["peaks"], file.data["windows"]) == ({}, {}, 2)
    assert [e["embedding"] for e in data(Records(values=True), result, "window")] == [
        [0.0, 0.0]
    ] * 2
    assert "embedding" not in data(Records(values=True), made([[0.1, 0.2]]), "window")[0]


def test_only_the_highest_scores_where_wished() -> None:
    result = made([[0.2, 0.7, np.nan], [0.4, 0.3, 0.1]], labels=("a", "b", "c"))
    file, first, second = Records(top=2)(result)
    assert list(first.data["scores"].items()) == [("b", 0.7), ("a", 0.2)]
    assert list(second.data["scores"]) == ["a", "b"]
    assert file.data["peaks"] == {"b": 0.7, "a": 0.4}


def test_ids_depend_on_input_model_and_place_alone() -> None:
    one, two = made([[0.2, 0.7]] * 3), made([[0.3, 0.7]] * 3, seconds=9.0)
    ids = [e.id for e in Records()(one)]
    assert ids == [e.id for e in Records(top=1)(two)]
    assert len(set(ids)) == 4
    assert ids == [e.data["id"] for e in Records()(one)]
    assert {len(name) for name in ids} == {20}
    bare = replace(SPEC, weights="")
    assert record_id("k", bare, "file") != record_id("k", replace(bare, version="2"), "file")
    assert record_id("k\udce9", bare, "file") != record_id("k", bare, "file")


def test_a_bad_input_is_told_with_its_reason() -> None:
    found = Records.bad("k", "caf\udce9.wav", "no audio", SPEC, 1.7e9)
    assert found.data["kind"] == found.data["status"] == "bad"
    assert (found.data["reason"], found.data["key"]) == ("no audio", "k")
    assert found.data["name"] == "caf\\udce9.wav"
    assert found.id == found.data["id"] == record_id("k", SPEC, "bad")


def test_times_are_utc_where_known() -> None:
    assert utc(1.7e9, 0.1) == "2023-11-14T22:13:20.100Z"
    assert utc(0.0, 5.0) is utc(float("nan")) is utc(1e300) is utc(float("inf")) is None


@given(
    values=arrays(
        np.float32, st.tuples(st.integers(0, 12), st.just(2)), elements=st.floats(width=32)
    ),
    smoothing=st.sampled_from([0.0, 1.0, 2.4, 99.0]),
    top=st.sampled_from([None, 1]),
)
@settings(deadline=None)
def test_json_never_holds_nan(values, smoothing, top) -> None:
    records = Records(smoothing=smoothing, top=top, threshold={"dog": 0.5})
    result = made(values, duration=float("inf"), seconds=1e-300)
    events = records(result)
    assert len(events) == 1 + len(values)
    for event in events:
        json.dumps(dict(event.data), allow_nan=False)


@given(
    values=arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(0, 1, width=32)
    ),
    width=st.integers(0, 15),
    hole=st.integers(0, 11),
)
def test_smoothing_is_a_mean_of_what_is_in_reach(values, width, hole) -> None:
    values[hole : hole + 1] = np.nan
    reach = width // 2 if len(values) > 1 else 0
    expected = np.full_like(values, np.nan)
    for row in range(len(values)):
        near = values[max(row - reach, 0) : row + reach + 1]
        if np.isfinite(near).any():
            expected[row] = np.nanmean(near.astype(np.float64), axis=0)
    np.testing.assert_allclose(smoothed(values, width), expected, rtol=1e-6, atol=1e-7)


def test_smoothing_calms_windows_and_peaks_but_not_the_mean() -> None:
    result = made([[0.0, 0.0], [0.9, 0.0], [0.0, 0.0], [0.0, 0.0]])
    file, *windows = Records(smoothing=1.5, threshold=0.4)(result)
    assert [w.data["scores"]["dog"] for w in windows] == [0.45, 0.3, 0.3, 0.0]
    assert (file.data["scores"]["dog"], file.data["peaks"]["dog"]) == (0.225, 0.45)
    assert file.data["above"] == {"dog": 1}


@given(
    arrays(
        np.float32,
        st.integers(50, 60),
        elements=st.floats(width=32) | st.floats(-2, 2, width=32) | st.floats(0, 2**-30, width=32),
    )
)
def test_many_numbers_are_rounded_as_one_is(values) -> None:
    for found, expected in zip(_numbers(values), map(_number, values.tolist()), strict=True):
        assert found == expected or found == pytest.approx(expected, rel=1e-5), "one may be a tie"
        assert found is None or found == float(f"{found:.6g}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "all"}, "'kind' must be windows, files or both, got 'all'"),
        ({"smoothing": -1.0}, "'smoothing' must be 0 or more seconds"),
        ({"smoothing": float("nan")}, "'smoothing'"),
        ({"threshold": "high"}, "'threshold' must be a number, or one a label, got 'high'"),
        ({"threshold": {"dog": float("nan")}}, "'threshold'"),
        ({"top": 0}, "'top' must be 1 or more"),
        ({"window": 0.0}, "'window' must be above 0 s"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, said) -> None:
    with pytest.raises(UsageError, match=said):
        Records(**options)


def test_a_threshold_for_no_label_is_found() -> None:
    Records(threshold={"dog": 0.5}).check(LABELS)
    Records(threshold=0.5).check(())
    with pytest.raises(UsageError, match="'cat', which is none of the model's labels: dog, music"):
        Records(threshold={"cat": 0.5}).check(LABELS)
