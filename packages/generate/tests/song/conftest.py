from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `song_ramps`


@pytest.fixture
def ramps(audioml_plugins, audioml_home):
    """The plugin of ramps instead of what is installed, and an empty store."""
    import song_ramps

    import audioml.core.plugin
    import audioml.generate.plugin

    plugins = {"core": audioml.core.plugin, "generate": audioml.generate.plugin}
    audioml_plugins(**plugins, ramps=song_ramps)
    song_ramps.INTERRUPT.clear()
    yield song_ramps
    song_ramps.INTERRUPT.clear()


@pytest.fixture
def sing(audioml_cli, ramps, tmp_path, monkeypatch):
    """Return a function: ``audioml generate song`` in an empty folder, of the model of ramps."""
    folder = ramps.write_folder(tmp_path / "model")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*options, model=folder):
        return audioml_cli("generate", "song", "--model", str(model), *map(str, options))

    return run
