from __future__ import annotations

import numpy as np
import pytest

from audioml.analyze import analyze
from audioml.analyze.cache import Cache
from audioml.core.errors import UsageError
from audioml.core.stages import ModelSpec
from audioml.core.values import Annotation, Frames, Prediction, Source


def prediction() -> Prediction:
    source = Source("m", "1", "ab")
    return Prediction(
        {
            "frames": Frames(np.arange(6.0).reshape(3, 2), 0.5, 1.0, ("a", "b"), source),
            "notes": Annotation(
                "note_midi", [[0, 1], [1, 2]], [60, 61.5], [0.5, 0.25], {"velocity": [1, 2]}, source
            ),
            "beats": Annotation("beat", [[0, 0]], [None]),
        }
    )


def test_the_cache_gives_back_what_it_was_given(tmp_path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("abc") is None
    cache.put("abc", prediction(), 2.5)
    found = cache.get("abc")
    assert found is not None
    back, duration = found
    assert duration == 2.5
    assert list(back) == ["frames", "notes", "beats"]
    for name, one in prediction().items():
        other = back[name]
        assert one.source == other.source
        if isinstance(one, Frames):
            assert (one.hop, one.start, one.labels) == (other.hop, other.start, other.labels)
            np.testing.assert_array_equal(one.values, other.values)
        else:
            assert (one.namespace, one.values) == (other.namespace, other.values)
            np.testing.assert_array_equal(one.intervals, other.intervals)
            assert one.attributes.keys() == other.attributes.keys()
    assert back["beats"].confidence is None
    np.testing.assert_array_equal(back["notes"].attributes["velocity"], [1, 2])


def test_keys_differ_where_answers_may() -> None:
    spec = ModelSpec("m", "1", "t", "MIT", 8000)
    other = ModelSpec("m", "2", "t", "MIT", 8000)
    keys = {
        Cache.key("a", spec, None),
        Cache.key("b", spec, None),
        Cache.key("a", other, None),
        Cache.key("a", spec, "crema"),
    }
    assert len(keys) == 4


def test_trimming_takes_the_oldest_first(tmp_path) -> None:
    import os

    cache = Cache(tmp_path)
    for age, key in enumerate(["new", "mid", "old"]):
        cache.put(key, prediction(), 1.0)
        path = next(tmp_path.glob(f"*/{key}.npz"))
        os.utime(path, (1e9 - age, 1e9 - age))
    size = path.stat().st_size
    cache.trim(2 * size)
    assert {p.stem for p in tmp_path.glob("*/*.npz")} == {"new", "mid"}


def test_arrays_need_their_rate_and_files_bring_theirs(fake, song) -> None:
    with pytest.raises(UsageError, match="needs its sample rate"):
        analyze(np.zeros(100), estimators="fake")
    with pytest.raises(UsageError, match="leave sr out"):
        analyze(song, 44100, estimators="fake")


def test_real_jams_objects(fake, song) -> None:
    jams = pytest.importorskip("jams")
    found = analyze(song, estimators="fake").to_jams()
    assert isinstance(found, jams.JAMS)
    assert found.annotations[0].namespace == "chord"
