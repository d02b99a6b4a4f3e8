"""The same few batches in each epoch, to see whether a network can learn them by heart."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils._pytree import tree_leaves

__all__ = ["SameBatches"]


class SameBatches(Callback):
    """Lets each epoch begin with the batches that the first one began with.

    Lightning's ``overfit_batches`` limits the batches of an epoch, and takes the shuffling from
    torch's own loaders only.
    """

    def __init__(self) -> None:
        self._begun: list[tuple[Any, dict[str, Any]]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep where the loaders stand."""
        loaders = [each for each in tree_leaves(trainer.train_dataloader) if _goes_on(each)]
        self._begun = [(loader, loader.state_dict()) for loader in loaders]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the loaders back there."""
        for loader, state in self._begun:
            loader.load_state_dict(state)
            sampler: Any = getattr(getattr(loader, "batch_sampler", None), "sampler", None)
            if hasattr(sampler, "set_epoch"):
                sampler.set_epoch(0)


def _goes_on(loader: Any) -> bool:
    return hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")
