from __future__ import annotations

import io

import numpy as np
import pytest

from audioml.core.analysis import Analysis, Recording
from audioml.core.errors import OutputError
from audioml.core.formats.npz import NPZ
from audioml.core.values import Annotation, Prediction


def load(analysis):
    return np.load(io.BytesIO(NPZ.encode(analysis)), allow_pickle=False)


def test_every_array_reads_without_pickle(song):
    with load(song) as arrays:
        assert not [name for name in arrays if arrays[name].dtype == object]
        np.testing.assert_array_equal(arrays["chord.pitch.values"], song["chord"]["pitch"].values)
        assert arrays["chord.pitch.times"].tolist() == [0.0, 0.1]
        assert arrays["chord.pitch.labels"].tolist() == ["C", "C#"]
        assert arrays["chord.pitch.source"].tolist() == ["tiny-chord", "1.2.0", "c0ffee" * 10]
        assert float(arrays["chord.pitch.hop"]) == 0.1


def test_only_what_was_answered_is_in_the_archive(song):
    with load(song) as arrays:
        assert {name.split(".")[0] for name in arrays} == {*song.predictions, "recording"}


def test_objects_are_refused_by_name():
    marks = Annotation("beat", [(0, 1)], [1], attributes={"odd": np.array([{}], dtype=object)})
    analysis = Analysis(Recording(duration=1.0), {"e": Prediction({"x": marks})})
    with pytest.raises(OutputError, match=r"'e\.x\.attributes\.odd' holds objects"):
        NPZ.encode(analysis)


def test_labels_are_text_and_numbers_are_numbers(song):
    with load(song) as arrays:
        assert arrays["chord.chord.values"].tolist() == ["C:maj", "A#:min7/b3", "N", "G:7"]
        np.testing.assert_array_equal(arrays["beat.beats.values"], [1, 2, np.nan])
        assert arrays["notes.notes.attributes.velocity"].tolist() == [64, 100, 1]
        assert arrays["chord.chord.confidence"].dtype == np.float32


def test_equal_analyses_give_equal_bytes(song):
    assert NPZ.encode(song) == NPZ.encode(song)


def test_an_analysis_without_answers_is_nothing_to_write():
    with pytest.raises(OutputError, match="no arrays"):
        NPZ.encode(Analysis(Recording(duration=1.0), {}))
