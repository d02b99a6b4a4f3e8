from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny`

import tiny as tiny_plugin


@pytest.fixture
def tiny(audioml_plugins, audioml_home):
    """The tiny plugin alone, and an empty store."""
    from audioml.core import plugin

    audioml_plugins(tiny=tiny_plugin, core=plugin)
    return tiny_plugin
