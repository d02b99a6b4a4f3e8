"""A loss that is no number any more ends the run before a checkpoint is spoilt."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from audioml.core.errors import ValidationError

__all__ = ["FiniteLoss"]


class FiniteLoss(Callback):
    """Looks at the loss of every step, but waits for the device only now and then.

    It is asked every ``log_every_n_steps`` steps, and before anything is validated or written.

    Raises
    ------
    ValidationError
        In a run, if a loss is infinite or not a number.
    """

    def __init__(self) -> None:
        self._first: Tensor | None = None  # the first bad step, or -1; it lives on the device

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with no bad step."""
        self._first = torch.full((), -1, dtype=torch.int64, device=pl_module.device)

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
        if not isinstance(loss, Tensor) or self._first is None:
            return
        bad = torch.where(loss.detach().isfinite().all(), -1, trainer.global_step)
        self._first = torch.where(self._first < 0, bad, self._first)
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
        if trainer.global_step % max(every, 1) == 0:
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
        first = -1 if self._first is None else int(self._first)
        if first >= 0:
            raise ValidationError(
                f"the loss is no finite number any more at step {first}; go on from the last "
                "checkpoint, which is still good, with a lower learning rate"
            )
