from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `judge_chimes`


@pytest.fixture
def chimes(audioml_plugins, audioml_home):
    """The plugin of chimes instead of what is installed, and an empty store."""
    import judge_chimes

    import audioml.core.plugin
    import audioml.generate.plugin

    plugins = {"core": audioml.core.plugin, "generate": audioml.generate.plugin}
    audioml_plugins(**plugins, chimes=judge_chimes)
    return judge_chimes
