"""What a run leaves beside its model: pictures, the MIDI of a piece, its sound."""

from __future__ import annotations

import importlib.util
import logging
from functools import partial
from pathlib import Path

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer

from audioml.core.values import Audio
from audioml.train.runs.artifacts import Artifacts

from .. import midi
from ..notes import Notes, Pedal
from ..spectrum import RATE
from . import plots
from .module import Transcriber

__all__ = ["Pictures"]

_log = logging.getLogger("audioml.transcription")


class Pictures(Callback):
    """Writes, after the test, artifacts of its first recording and the curve of the loss."""

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write them, if this is the first of several processes."""
        if not trainer.is_global_zero or not isinstance(pl_module, Transcriber):
            return
        folder = Path(trainer.default_root_dir)
        made = Artifacts(folder / "artifacts")
        if pl_module.heard is not None:
            _heard(made, pl_module)
        known = plots.figures_of(folder / "metrics.csv")
        if known and _can_draw():
            made.figure("plots/loss", partial(plots.curve, figures=known))


def _heard(made: Artifacts, module: Transcriber) -> None:
    assert module.heard is not None
    batch, answered = module.heard
    reference, pedal = Notes.of(batch["notes"]), Pedal(batch["pedal"])
    notes, pressed = answered.heads.decoded(module.thresholds)
    samples = batch["audio"].cpu().numpy().astype(np.float32) / np.float32(32768)
    made.audio("piece", Audio(samples, RATE))
    made.midi("played", midi.encode(reference, pedal))
    made.midi("heard", midi.encode(notes, pressed))
    if not _can_draw():
        return
    until = min(samples.shape[1] / RATE, 20.0)
    made.figure("plots/roll", partial(plots.roll, reference=reference, estimate=notes, until=until))
    onset, fps = answered.heads.notes[0], answered.heads.fps
    made.figure(
        "plots/onsets",
        partial(plots.onsets, probability=onset, reference=reference, fps=fps, until=until),
    )


def _can_draw() -> bool:
    if importlib.util.find_spec("matplotlib") is not None:
        return True
    _log.info("nothing is drawn: matplotlib is not installed")
    return False
