"""Randomness that depends on the place in the run alone, not on how the run got there."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

__all__ = ["SeededSteps", "seed_all", "seed_of"]


def seed_of(*numbers: int) -> int:
    """Return one seed, below 2**63, for whole numbers in this order."""
    high, low = np.random.SeedSequence([n % 2**64 for n in numbers]).generate_state(2, np.uint32)
    return (int(high) << 31) ^ int(low)


def seed_all(seed: int) -> None:
    """Seed Python's, numpy's and torch's own generators.

    `torch.manual_seed` does more, slowly: it notes down who called for devices that nobody uses.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)
    elif torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - of whoever still uses it


class SeededSteps(Callback):
    """Seeds every step from its epoch and its number, so that a resumed run draws the same.

    Parameters
    ----------
    seed
        Of the run.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed dropout, augmentation and whatever else a step draws."""
        seed_all(seed_of(self._seed, trainer.current_epoch, batch_idx, trainer.global_rank))
