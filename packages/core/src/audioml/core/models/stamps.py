"""Remembers that a model folder passed its checks, so that loading it again stays quick."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..files import write_bytes
from ..plugins import Registry
from .manifest import Manifest

__all__ = ["Stamp"]


class Stamp:
    """The verdict on one folder; it lapses when a file, a plugin, numpy or Python changes."""

    def __init__(
        self, stamps: Path, folder: Path, manifest: Manifest, *, plugins: Registry
    ) -> None:
        self._path = stamps / _digest(f"{folder.resolve()}/{manifest.name}")[:32]
        self._state = _state(folder, manifest, plugins)

    def valid(self) -> bool:
        """Return whether the folder passed as it is now."""
        try:
            return self._path.read_bytes() == self._state
        except OSError:
            return False

    def write(self) -> None:
        """Note that it passed; in a read-only store it is checked every time instead."""
        with contextlib.suppress(OutputError):
            write_bytes(self._path, self._state)


def _state(folder: Path, manifest: Manifest, plugins: Registry) -> bytes:
    files = {}
    for name in manifest.files:
        with contextlib.suppress(OSError):
            about = (folder / name).stat()
            files[name] = [about.st_size, about.st_mtime_ns]
    run_by = [np.__version__, platform.machine(), platform.python_version()]
    run_by += [f"{plugin.name} {plugin.version}" for plugin in plugins.plugins]
    state = {"manifest": manifest.spec.manifest, "files": files, "with": sorted(run_by)}
    return json.dumps(state, sort_keys=True).encode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
