"""What `audioml train task=kettle` trains. Heavy imports are inside the methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["Kettle"]


class Kettle:
    """Tells a kitchen in which a kettle whistles from one in which none does."""

    config = "pkg://audioml_noticeboard.kettle.conf"

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        from .sounds import Kitchens

        return Kitchens(cfg)

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        from .network import module

        return module(cfg)

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint."""
        from .export import export

        export(checkpoint, folder)
