"""A loss that is no number any more ends the run before a checkpoint is spoilt."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from audioml.core.errors import ValidationError

__all__ = ["FiniteLoss"]

_KEPT = 256  # losses, at most, that wait to be looked at


class FiniteLoss(Callback):
    """Looks at the loss of every step, but waits for the device only now and then.

    It is asked every ``log_every_n_steps`` steps, and before anything is validated or written.

    Raises
    ------
    ValidationError
        In a run, if a loss is infinite or not a number.
    """

    def __init__(self) -> None:
        self._losses: list[Tensor] = []  # not looked at yet; they stay on the device
        self._steps: list[int] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with no step."""
        self._losses, self._steps = [], []

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Look at the loss of a step."""
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        if not isinstance(loss, Tensor):
            return
        self._losses.append(loss.detach())
        self._steps.append(trainer.global_step)
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
        if trainer.global_step % max(every, 1) == 0 or len(self._losses) >= _KEPT:
            self._refuse()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Refuse to validate what is spoilt."""
        self._refuse()

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Refuse to write what is spoilt."""
        self._refuse()

    def _refuse(self) -> None:
        losses, steps = self._losses, self._steps
        if not losses:
            return
        self._losses, self._steps = [], []
        good = torch.stack([loss.isfinite().all() for loss in losses])
        if bad := (~good).nonzero().flatten().tolist():
            raise ValidationError(
                f"the loss is no finite number any more at step {steps[bad[0]]}; go on from the "
                "last checkpoint, which is still good, with a lower learning rate"
            )
