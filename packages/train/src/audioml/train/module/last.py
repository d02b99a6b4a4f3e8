"""The checkpoint that a run goes on from when it was killed."""

from __future__ import annotations

import logging
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

__all__ = ["LastCheckpoint"]

_log = logging.getLogger("audioml.train")
_LOOK = 20  # steps between two looks at the clock, on which all processes must agree


class LastCheckpoint(Checkpoint):
    """Keeps the newest state in one file: after each epoch, in between, and after Ctrl-C.

    A step that Ctrl-C interrupts is taken to its end before the state is written; Ctrl-C once more,
    or during validation, ends the run as it is. So it does where several processes train, which
    would have to agree on the step.

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
        self._asked = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count, and to hear Ctrl-C; at its end the trainer puts back what heard it."""
        self._written, self._step = time.monotonic(), trainer.global_step
        self._asked = False
        if trainer.world_size == 1:
            self._hear()

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
        if step != self._step and (self._asked or self._due(trainer, step)):
            self._write(trainer)
            if self._asked:
                raise KeyboardInterrupt

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End at Ctrl-C, one that came before this included."""
        self._deafen()
        if self._asked:
            raise KeyboardInterrupt

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Hear Ctrl-C again, where training goes on."""
        fits = trainer.state.fn == "fit" and not trainer.sanity_checking
        if fits and trainer.world_size == 1:
            self._hear()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the state after an epoch and its validation."""
        self._write(trainer)

    def _hear(self) -> None:
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupted)

    def _deafen(self) -> None:
        if signal.getsignal(signal.SIGINT) == self._interrupted:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            signal.default_int_handler(number, frame)
        self._asked = True
        _log.warning("this step is finished and kept; Ctrl-C once more ends at once")

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
