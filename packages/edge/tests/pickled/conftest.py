from __future__ import annotations

import functools
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audioml.edge.pickled.allowed import pins

dill = pytest.importorskip("dill")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test's own, where nothing is allowed yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("AUDIOML_HOME", str(folder))
    return folder


def of_source(source: str, **keywords: Any) -> bytes:
    """Return the pickle that a script makes of its ``get_features``, as SONYC's did."""
    script = types.ModuleType("__main__")
    exec(compile(source, "features.py", "exec"), script.__dict__)
    function = script.get_features
    return dill.dumps(
        functools.partial(function, **keywords) if keywords else function, recurse=True
    )


@pytest.fixture
def pickle_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes the pickle of a script's ``get_features``, allowed unless told otherwise."""

    def write(source: str, *, name: str = "x.pkl", allowed: bool = True, **keywords: Any) -> Path:
        path = tmp_path / name
        path.write_bytes(of_source(source, **keywords))
        if allowed:
            pins().allow(path)
        return path

    return write
