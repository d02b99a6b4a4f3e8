"""Data sets that are made: on the piano that is built in, a few recordings of seconds."""

import numpy as np
import pytest

from audioml.core.errors import NotFoundError
from audioml_transcription.synth.dataset import make, opened
from audioml_transcription.synth.recordings import Recipe

RECIPE = Recipe(seed=1, seconds=6.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    list(make(folder, RECIPE, recordings=4, each=2, valid=0.5))
    return folder


def test_a_data_set_is_made_once_and_gone_on_with(data, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in data.glob("part-*")}
    assert len(before) == 2
    list(make(data, RECIPE, recordings=4, each=2, valid=0.5))
    assert {path: path.stat().st_mtime_ns for path in data.glob("part-*")} == before
    list(make(tmp_path, RECIPE, recordings=4, each=2, valid=0.5))
    for one, other in zip(opened(data), opened(tmp_path), strict=True):
        assert (one.samples == other.samples).all()
        assert (one.notes.table == other.notes.table).all()


def test_rows_say_what_is_played(data):
    rows = opened(data)
    assert [row.split for row in rows] == ["train", "train", "valid", "valid"]
    for row in rows:
        assert row.samples.dtype == np.int16
        assert row.notes.end <= len(row.samples) / 16000
        assert (row.notes.offset >= row.keys.offset - 1e-9).all()
        assert row.family == "numpy"


def test_no_data_set_is_said_so(tmp_path):
    with pytest.raises(NotFoundError, match="there is no data set"):
        opened(tmp_path)
