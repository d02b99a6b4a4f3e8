from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audioml.core.analysis import Analysis, Recording
from audioml.core.errors import ValidationError
from audioml.core.formats.json import JSON, decode, entry, read_entry
from audioml.core.values import Frames, Prediction


def test_everything_is_there_with_its_source(song):
    tree = json.loads(JSON.encode(song))
    chords = tree["estimators"]["chord"]["chord"]
    assert chords["source"] == {
        "name": "tiny-chord",
        "version": "1.2.0",
        "weights": "c0ffee" * 10,
    }
    assert chords["data"][1] == {
        "start": 1.5,
        "end": 2.25,
        "value": "A#:min7/b3",
        "confidence": None,
        "attributes": {},
    }
    assert tree["estimators"]["notes"]["notes"]["data"][0]["attributes"] == {"velocity": 64}
    assert tree["recording"]["title"] == "Süße <b>\tSong"


def test_frames_keep_their_clock_and_labels(song):
    frames = json.loads(JSON.encode(song))["estimators"]["chord"]["pitch"]
    assert (frames["hop"], frames["labels"], frames["shape"]) == (0.1, ["C", "C#"], [2, 2])
    assert frames["values"] == [[0.1, 0.9], [None, 0.3]]


def encoded(values):
    frames = Frames(values, hop=1.0)
    return JSON.encode(Analysis(Recording(duration=1.0), {"e": Prediction({"x": frames})}))


def read_values(data):
    return json.loads(data)["estimators"]["e"]["x"]["values"]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (7,), (70_001,), (700, 101), (5, 3, 2)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16, bool])
def test_frames_of_any_shape_and_type_are_nested_lists(shape, dtype):
    values = (np.random.default_rng(0).standard_normal(shape) * 9).astype(dtype)
    assert np.array(read_values(encoded(values))).astype(dtype).tolist() == values.tolist()


def test_what_is_no_number_is_null_and_its_neighbours_stay():
    values = np.array([[0.1, np.nan], [np.inf, -0.5]], np.float32)
    assert read_values(encoded(values)) == [[0.1, None], [None, -0.5]]


def test_long_frames_take_little_more_memory_than_their_text():
    values = np.random.default_rng(0).random((4000, 170), np.float32)
    tracemalloc.start()
    try:
        size = len(encoded(values))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * size + 16e6


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_frames_read_back_as_the_same_float32(numbers):
    values = np.array(numbers, np.float32)
    np.testing.assert_array_equal(np.float32(read_values(encoded(values))), values)


def test_what_is_written_reads_back(song, silent, piano):
    for analysis in (song, silent, piano):
        again = decode(JSON.encode(analysis))
        assert JSON.encode(again) == JSON.encode(analysis)
    frames = decode(JSON.encode(silent))["embedding"]["embedding"]
    assert frames.values.dtype == np.float32


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.uint8, np.int16]),
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
    )
)
def test_frames_read_back_exactly(values):
    frames = Frames(values, 0.5)
    read = read_entry(json.loads(entry(frames)))
    assert read.values.dtype == values.dtype
    np.testing.assert_array_equal(
        read.values, np.where(np.isfinite(values), values, np.nan).astype(values.dtype)
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"estimators": {}}', '{"estimators": 3}'])
def test_what_is_no_analysis_is_told(text):
    with pytest.raises(ValidationError, match="no analysis as JSON"):
        decode(text)
