"""What `audioml train task=classification` trains. Heavy imports are inside the methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["Classification"]


class Classification:
    """Classes of sounds: one of several each, or any number of them."""

    config = "pkg://audioml.train.tasks.classification.conf"

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        from .building import data

        return data(cfg)

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        from .building import module

        return module(cfg)

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint."""
        from .export import export

        export(checkpoint, folder)
