from __future__ import annotations

import functools
import os
import pickle
from pathlib import Path

import pytest

from audioml.edge.pickled.reading import keywords, read

from .conftest import of_source

SOURCE = "def get_features(y, sr, hop_size=None, duration=1):\n    return y"


def test_the_keywords_of_a_partial_are_read_from_dills_pickle():
    data = of_source(SOURCE, hop_size=0.25, duration=2, fmax=None)
    assert keywords(read(data)) == {"hop_size": 0.25, "duration": 2, "fmax": None}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_keywords_of_a_partial_are_read_from_plain_pickles(protocol):
    data = pickle.dumps(functools.partial(Path.cwd, hop_size=0.5), protocol=protocol)
    assert keywords(read(data)) == {"hop_size": 0.5}


@pytest.mark.parametrize("value", [print, {"hop_size": 1}, [1, (2, {3})], frozenset({1}), None])
def test_other_objects_have_no_keywords(value):
    assert keywords(read(pickle.dumps(value))) == {}


def test_reading_runs_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'evil'}",)

    sketch = read(pickle.dumps(Evil()))
    assert sketch.root.arguments == (f"touch {tmp_path / 'evil'}",)
    assert not (tmp_path / "evil").exists()
