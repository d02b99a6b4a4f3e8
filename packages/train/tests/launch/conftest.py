from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
PLUGIN = HERE / "tiny_plugin"


@pytest.fixture
def train(audioml_cli, audioml_plugins, tmp_path, monkeypatch):
    """Return a function that trains the tiny task in this process, in a folder of its own."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    monkeypatch.chdir(tmp_path)
    import train_tiny_hooks

    import audioml.core.plugin
    import audioml.train.plugin

    audioml_plugins(
        core=audioml.core.plugin, train=audioml.train.plugin, train_tiny=train_tiny_hooks
    )

    def run(*arguments: str, code: int = 0):
        done = audioml_cli("train", *arguments)
        assert done.code == code, done.err
        return done

    return run


@pytest.fixture
def outside(tmp_path):
    """Return a function that trains in a process of its own, with the tiny task installed."""

    def run(*arguments: str, cwd: Path = tmp_path, **more: str) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PLUGIN), os.environ.get("PYTHONPATH", "")]),
            "AUDIOML_PLUGINS": "train,train-tiny",
            **more,
        }
        return subprocess.run(
            [sys.executable, "-m", "audioml.core.cli", "train", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
