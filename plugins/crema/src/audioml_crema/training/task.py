"""What `audioml train task=chords` trains; torch is imported when it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["Chords"]


class Chords:
    """crema's chord network, learnt from recordings with chord labels."""

    config = "pkg://audioml_crema.conf"

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        from .data import ChordData

        return ChordData(cfg)

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        from .module import module

        return module(cfg)

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint."""
        from .export import export

        export(checkpoint, folder)
