"""The average of a network over its training, which answers better than its last state."""

from __future__ import annotations

import copy
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

__all__ = ["Averaging", "average_into", "averaged"]


def averaged(network: nn.Module) -> nn.Module:
    """Return a copy of a network that is never trained, for `average_into`."""
    return copy.deepcopy(network).eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def average_into(average: nn.Module, network: nn.Module, *, step: int, decay: float) -> None:
    """Take a network into an average after step number ``step``, counted from 0.

    In the beginning less of the past is kept, so that the random start is soon forgotten. Numbers
    that are no floats, such as counts, are copied.
    """
    kept = min(decay, (1 + step) / (10 + step))
    ours, theirs = average.state_dict(), network.state_dict()
    olds: list[Tensor] = []
    news: list[Tensor] = []
    for name, value in theirs.items():
        if value.is_floating_point():
            olds.append(ours[name])
            news.append(value.to(ours[name].dtype))
        else:
            ours[name].copy_(value)
    if olds:
        torch._foreach_lerp_(olds, news, 1 - kept)


class Averaging(Callback):
    """Keeps ``module.average`` up to date, once a step of the optimiser."""

    def __init__(self, decay: float) -> None:
        self._decay, self._seen = decay, -1

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the steps that are done."""
        self._seen = trainer.global_step

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Take in the network, if its optimiser has moved it."""
        if trainer.global_step == self._seen:
            return  # gradients were gathered only
        self._seen = trainer.global_step
        average: Any = pl_module.average
        network: Any = pl_module.network
        average_into(average, network, step=self._seen - 1, decay=self._decay)
