"""What `audioml train task=embedding` trains. Heavy imports are inside the methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Embedding"]


class Embedding:
    """Vectors of sounds: those of one recording, one class or one taste are near each other."""

    config = "pkg://audioml.train.tasks.embedding.conf"
    commands: ClassVar[dict[str, tuple[str, str]]] = {
        "index": (
            "audioml.train.tasks.embedding.index.cli:index",
            "Embed the recordings of a folder, to be searched for like ones.",
        ),
        "similar": (
            "audioml.train.tasks.embedding.index.cli:similar",
            "Find the recordings of an index that are most like some others.",
        ),
    }

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
