"""The average of a network over its training, which answers better than its last state."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

__all__ = ["Averaging", "Pairs", "average_into", "averaged"]


def averaged(network: nn.Module) -> nn.Module:
    """Return a copy of a network that is never trained, for `Pairs`."""
    return copy.deepcopy(network).eval().requires_grad_(requires_grad=False)


@dataclass(frozen=True, slots=True)
class Pairs:
    """What of an average follows what of a network, found once, for that takes its time.

    Parameters stay what they are, since the optimiser holds them too; a module may put another
    tensor in the place of a buffer, so that those are looked up.
    """

    ours: list[Tensor]
    theirs: list[Tensor]
    buffers: list[tuple[dict[str, Tensor | None], dict[str, Tensor | None], str]]

    @classmethod
    def of(cls, average: nn.Module, network: nn.Module) -> Pairs:
        """Return those of a network and what `averaged` made of it."""
        modules = zip(average.modules(), network.modules(), strict=True)
        return cls(
            list(average.parameters()),
            [parameter.detach() for parameter in network.parameters()],
            [(mine._buffers, its._buffers, n) for mine, its in modules for n in its._buffers],  # noqa: SLF001
        )


@torch.no_grad()
def average_into(pairs: Pairs, *, step: int, decay: float) -> None:
    """Take a network into its average after step number ``step``, counted from 0.

    In the beginning less of the past is kept, so that the random start is soon forgotten. Numbers
    that are no floats, such as counts, are copied.
    """
    kept = min(decay, (1 + step) / (10 + step))
    olds, news = [*pairs.ours], [*pairs.theirs]
    for ours, theirs, name in pairs.buffers:
        old, new = ours[name], theirs[name]
        if old is None or new is None:
            continue
        if new.is_floating_point():
            olds.append(old)
            news.append(new)
        else:
            old.copy_(new)
    if olds:
        torch._foreach_lerp_(olds, news, 1 - kept)


class Averaging(Callback):
    """Keeps ``module.average`` up to date, once a step of the optimiser."""

    def __init__(self, decay: float) -> None:
        self._decay, self._seen = decay, -1
        self._pairs: Pairs | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the steps that are done."""
        average: Any = pl_module.average
        network: Any = pl_module.network
        self._seen, self._pairs = trainer.global_step, Pairs.of(average, network)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Take in the network, if its optimiser has moved it."""
        if trainer.global_step == self._seen or self._pairs is None:
            return  # gradients were gathered only
        self._seen = trainer.global_step
        average_into(self._pairs, step=self._seen - 1, decay=self._decay)
