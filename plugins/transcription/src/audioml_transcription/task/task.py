"""What `audioml train task=transcription` trains; heavy imports are inside the methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Transcription"]


class Transcription:
    """Notes with velocities, and the sustain pedal, from recordings of a piano."""

    config = "pkg://audioml_transcription.conf"
    commands: ClassVar = {
        "synth": (
            "audioml_transcription.task.cli.synth:synth",
            "Make piano recordings with notes.",
        ),
        "evaluate": (
            "audioml_transcription.task.cli.evaluate:evaluate",
            "Measure a model of piano notes on recordings.",
        ),
    }

    def __init__(self) -> None:
        self._module: Any = None
        self._config: Any = None

    def data(self, cfg: Any, /) -> Any:
        """Return the data module for a configuration."""
        from .data import Pieces

        return Pieces(cfg)

    def module(self, cfg: Any, /) -> Any:
        """Return the module to train."""
        from .building import module

        self._module, self._config = module(cfg), cfg
        return self._module

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Write the model folder of a checkpoint.

        What was measured of it in the test of this run is not measured again.
        """
        from omegaconf import OmegaConf

        from .export import export

        measured = None if self._module is None else self._module.measured
        known = measured is not None and Path(measured.checkpoint) == checkpoint
        cfg = self._config
        now: Any = None if cfg is None else OmegaConf.to_container(cfg, resolve=True)
        export(checkpoint, folder, measured if known else None, now=now)
