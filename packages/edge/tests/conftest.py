from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `edge_tiny`

import edge_tiny


@pytest.fixture
def tiny_station(audioml_plugins, audioml_home):
    """The core, edge and a tiny backend as the only plugins, and an empty store."""
    edge_tiny.use(audioml_plugins)
    return edge_tiny


@pytest.fixture
def tiny_model(tiny_station, tmp_path) -> Path:
    """A bare model file with its description beside it."""
    return edge_tiny.write_model(tmp_path / "model")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder to be watched."""
    path = tmp_path / "street"
    path.mkdir()
    return path
