from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.errors import ValidationError
from audioml.core.values import Annotation, Audio, Frames, Prediction, Rows, Source, concatenate


def test_one_dimensional_samples_are_one_channel() -> None:
    audio = Audio(np.zeros(441), 44100, start=-0.5)
    assert audio.samples.shape == (1, 441)
    assert audio.samples.dtype == np.float32
    assert (audio.duration, audio.end) == (0.01, -0.49)


def test_samples_cannot_be_written() -> None:
    audio = Audio(np.zeros(4, np.float32), 8000)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1


def test_the_caller_may_still_write_what_it_gave() -> None:
    mine = np.zeros(4, np.float32)
    Audio(mine, 8000)
    mine[0] = 1


@pytest.mark.parametrize(
    ("samples", "rate", "said"),
    [
        (np.zeros(4, np.int16), 8000, "int16"),
        (np.zeros((2, 3, 4)), 8000, r"\(2, 3, 4\)"),
        (np.zeros(4), 0, "'rate'"),
        (np.zeros(4), 44100.5, "44100.5"),
        (np.zeros(4), "44100", "str"),
        (np.zeros(4), float("nan"), "finite"),
    ],
)
def test_bad_audio_is_refused_with_what_came(samples, rate, said) -> None:
    with pytest.raises(ValidationError, match=said):
        Audio(samples, rate)


@given(st.integers(1, 9), st.integers(1, 50))
def test_mono_is_the_mean_of_the_channels(channels: int, count: int) -> None:
    samples = np.random.default_rng(channels).standard_normal((channels, count)).astype(np.float32)
    mono = Audio(samples, 8000, 1.5).mono()
    assert mono.start == 1.5
    np.testing.assert_allclose(mono.samples[0], samples.astype(float).mean(0), atol=1e-6)


def test_rows_must_agree_on_their_number() -> None:
    with pytest.raises(ValidationError, match="'x' must have 2 rows"):
        Rows({"x": np.zeros((3, 4))}, np.zeros(2))


def test_frames_know_their_times() -> None:
    frames = Frames(np.zeros((3, 2)), 0.5, start=-1.0, labels=("a", "b"))
    assert frames.times.tolist() == [-1.0, -0.5, 0.0]
    with pytest.raises(ValidationError, match="3 labels"):
        Frames(np.zeros((3, 2)), 0.5, labels=("a", "b", "c"))


def test_an_interval_may_be_an_instant_but_not_end_before_it_starts() -> None:
    assert len(Annotation("beat", [[1, 1]], [None])) == 1
    with pytest.raises(ValidationError, match="ends before it starts"):
        Annotation("chord", [[1, 0.5]], ["N"])


def test_an_annotation_without_events_is_legal() -> None:
    assert Annotation("onset", np.zeros((0, 2)), []).intervals.shape == (0, 2)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"values": ["N"]}, "2 intervals need as many values, got 1"),
        ({"confidence": [1.0]}, "'confidence'"),
        ({"attributes": {"velocity": np.zeros(3)}}, "'velocity'"),
    ],
)
def test_annotation_fields_must_fit(fields, said) -> None:
    good = {"namespace": "chord", "intervals": [[0, 1], [1, 2]], "values": ["N", "X"]}
    with pytest.raises(ValidationError, match=said):
        Annotation(**{**good, **fields})


def test_a_prediction_holds_only_frames_and_annotations() -> None:
    with pytest.raises(ValidationError, match="'chord' of a prediction"):
        Prediction({"chord": ["C:maj"]})  # type: ignore[dict-item]


def test_stamping_keeps_a_source_that_is_there() -> None:
    mine, other = Source("m", "1"), Source("n", "2")
    both = Prediction({"a": Frames(np.zeros(1), 1.0, source=mine), "b": Frames(np.zeros(1), 1.0)})
    stamped = both.stamped(other)
    assert [v.source for v in stamped.values()] == [mine, other]


def test_values_survive_pickling_and_copying() -> None:
    annotation = Annotation("note_midi", [[0, 1]], [60], [0.5], {"velocity": [3]}, Source("m", "1"))
    for value in (
        Audio(np.ones(3), 8000, 1.0),
        Rows({"x": np.ones((1, 2))}, [0.5]),
        Frames(np.ones((2, 1)), 0.1, labels=("a",)),
        annotation,
        Prediction({"notes": annotation}),
    ):
        for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
            assert type(again) is type(value)
            assert repr(again) == repr(value)
    with pytest.raises(ValueError, match="read-only"):
        copy.deepcopy(annotation).intervals[0, 0] = 5


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_joined_parts_are_the_whole(sizes: list[int]) -> None:
    total = sum(sizes)
    times = np.arange(total, dtype=float)
    whole = Annotation(
        "onset",
        np.stack([times, times], 1),
        list(range(total)),
        np.linspace(0, 1, total),
        {"v": np.arange(total)},
    )
    cuts = np.cumsum([0, *sizes])
    parts = [
        Prediction(
            {
                "e": Annotation(
                    "onset",
                    whole.intervals[a:b],
                    whole.values[a:b],
                    whole.confidence[a:b],
                    {"v": whole.attributes["v"][a:b]},
                )
            }
        )
        for a, b in itertools.pairwise(cuts)
    ]
    joined = concatenate(parts)["e"]
    assert joined.values == whole.values
    np.testing.assert_array_equal(joined.intervals, whole.intervals)
    np.testing.assert_array_equal(joined.attributes["v"], whole.attributes["v"])
