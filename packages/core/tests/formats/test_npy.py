from __future__ import annotations

import io

import numpy as np
import pytest

from audioml.core.errors import OutputError
from audioml.core.formats.npy import NPY


def test_the_one_array_reads_back(silent):
    assert np.load(io.BytesIO(NPY.encode(silent))).shape == (3, 2)


def test_several_arrays_or_none_are_refused_with_a_sentence(silent, song):
    from dataclasses import replace

    with pytest.raises(OutputError, match="has none"):
        NPY.encode(replace(silent, predictions={}))
    both = {**silent.predictions, **song.predictions}
    with pytest.raises(OutputError, match=r"embedding\.embedding"):
        NPY.encode(replace(silent, predictions=both))
