"""The checkpoint that a run goes on from when it was killed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

__all__ = ["LastCheckpoint"]

_LOOK = 20  # steps between two looks at the clock, on which all processes must agree


class LastCheckpoint(Checkpoint):
    """Keeps the newest state in one file: after each epoch, and in between.

    Parameters
    ----------
    path
        Of the file.
    every
        Steps, besides; None: not by steps.
    minutes
        Between two writings within an epoch; None: not by the clock.
    """

    def __init__(
        self, path: str, *, every: int | None = None, minutes: float | None = 10.0
    ) -> None:
        self._path, self._every = Path(path), every
        self._seconds = None if minutes is None else 60.0 * minutes
        self._written, self._step = time.monotonic(), -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count."""
        self._written, self._step = time.monotonic(), trainer.global_step

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Write, if it is time."""
        step = trainer.global_step
        if step != self._step and self._due(trainer, step):
            self._write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the state after an epoch and its validation."""
        self._write(trainer)

    def _due(self, trainer: Trainer, step: int) -> bool:
        if self._every is not None and step % self._every == 0:
            return True
        if self._seconds is None or step % _LOOK:
            return False
        late = time.monotonic() - self._written > self._seconds
        return bool(trainer.strategy.broadcast(late))

    def _write(self, trainer: Trainer) -> None:
        if trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        self._step, self._written = trainer.global_step, time.monotonic()
        trainer.save_checkpoint(self._path)
