"""What `audioml train task=wavenet` trains. Heavy imports are inside the methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["Task"]


class Task:
    """A WaveNet: it foretells the next sample, and so makes songs."""

    config = "pkg://audioml_wavenet.conf"

    def __init__(self) -> None:
        self._module: Any = None

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        from .building import data

        return data(cfg)

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        from .building import module

        self._module = module(cfg)
        return self._module

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint, with what this run measured of it."""
        from .export import export

        export(checkpoint, folder, {} if self._module is None else self._module.measured)
