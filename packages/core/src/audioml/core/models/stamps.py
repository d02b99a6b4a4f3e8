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
from .manifest import MANIFEST, Manifest

__all__ = ["Stamp"]


class Stamp:
    """The verdict on one folder; it lapses when a file, a plugin, numpy or Python changes."""

    def __init__(
        self, stamps: Path, folder: Path, manifest: Manifest, *, plugins: Registry
    ) -> None:
        self._path = stamps / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]
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
    for name in [MANIFEST, *manifest.files]:
        with contextlib.suppress(OSError):
            about = (folder / name).stat()
            files[name] = [about.st_size, about.st_mtime_ns]
    run_by = [np.__version__, platform.machine(), platform.python_version()]
    run_by += [f"{plugin.name} {plugin.version}" for plugin in plugins.plugins]
    return json.dumps({"files": files, "with": sorted(run_by)}, sort_keys=True).encode()
