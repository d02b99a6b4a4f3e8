from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny`

import tiny as tiny_plugin


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a plugin of the given source, as pip would, for this test."""
    site = tmp_path / "site"

    def write(name: str, source: str, *, target: str = "", licence: str = "MIT") -> Path:
        package = site / f"audioml_{name}"
        about = site / f"audioml_{name}-1.0.dist-info"
        for folder in (package, about):
            folder.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(IMPORTS + source)
        (package / "target.py").write_text(target)
        told = f"Name: audioml-{name}\nVersion: 1.0\n"
        told += f"License-Expression: {licence}\n" if licence else ""
        (about / "METADATA").write_text("Metadata-Version: 2.4\n" + told)
        (about / "entry_points.txt").write_text(f"[audioml]\n{name} = audioml_{name}.plugin\n")
        return site

    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    yield write
    for name in [name for name in sys.modules if hasattr(sys.modules[name], "__file__")]:
        if str(sys.modules[name].__file__).startswith(str(site)):
            del sys.modules[name]


IMPORTS = """
from audioml.core.plugins import Component, hookimpl

"""


@pytest.fixture
def tiny(audioml_plugins, audioml_home):
    """The tiny plugin alone, and an empty store."""
    from audioml.core import plugin

    audioml_plugins(tiny=tiny_plugin, core=plugin)
    return tiny_plugin
