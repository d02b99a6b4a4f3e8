from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audioml.analyze import Analysis, Recording
from audioml.analyze.formats.json import JSON
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


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_frames_read_back_as_the_same_float32(numbers):
    values = np.array(numbers, np.float32)
    analysis = Analysis(Recording(duration=1.0), {"e": Prediction({"x": Frames(values, hop=1.0)})})
    tree = json.loads(JSON.encode(analysis))
    np.testing.assert_array_equal(np.float32(tree["estimators"]["e"]["x"]["values"]), values)
