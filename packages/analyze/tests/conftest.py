from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def fake(audioml_plugins, audioml_home):
    """The estimators of tests, the command and the formats, and an empty store."""
    import estimators_of_tests

    import audioml.analyze.plugin
    import audioml.core.plugin
    from audioml.analyze.estimators import load_estimator

    audioml_plugins(
        fake=estimators_of_tests, analyze=audioml.analyze.plugin, core=audioml.core.plugin
    )
    load_estimator.cache_clear()
    estimators_of_tests.CALLS.clear()
    yield estimators_of_tests
    load_estimator.cache_clear()


@pytest.fixture
def song(tmp_path) -> Path:
    """A recording of four seconds."""
    from audioml.core.audio import write
    from audioml.core.testing import music

    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    write(path, music(bar=0.5)[0])
    return path
