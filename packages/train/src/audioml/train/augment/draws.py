"""Random numbers of one step, the same wherever and whenever that step is run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["Draws", "place"]


def place() -> tuple[int, int]:
    """Return the rank of this process and the number of its loader worker, 0 where there is none.

    Workers count from 1, so that the first of them is not taken for the process that trains.
    """
    worker = torch.utils.data.get_worker_info()
    ranked = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_rank() if ranked else 0, worker.id + 1 if worker else 0


class Draws:
    """Where an augmentation gets its chances from.

    Few numbers, one or some for each example, are drawn on the CPU: they are the same on every
    device, and drawing them waits for nothing there. Noise, a number for each sample, is drawn
    where the batch is, so two kinds of devices give two noises.

    Parameters
    ----------
    key
        Whole numbers from 0, such as seed, step and rank; other numbers, other draws.
    device
        Where the batch is.
    """

    def __init__(self, key: Sequence[int], device: torch.device) -> None:
        state = np.random.SeedSequence([int(k) for k in key]).generate_state(2, np.uint64)
        self.device = device
        self._few = torch.Generator().manual_seed(int(state[0]) >> 1)
        self._noise = int(state[1]) >> 1
        self._many: torch.Generator | None = None

    def chances(self, count: int) -> Tensor:
        """Return numbers in [0, 1), float32 of shape (count,), on the CPU."""
        return torch.rand(count, generator=self._few)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers between two others, float32 of the shape."""
        return (low + (high - low) * torch.rand(shape, generator=self._few)).to(self.device)

    def whole(self, low: int, high: int, *shape: int) -> Tensor:
        """Return whole numbers from ``low`` to ``high``, both included, int64 of the shape."""
        return torch.randint(low, high + 1, shape, generator=self._few).to(self.device)

    def order(self, count: int) -> Tensor:
        """Return the numbers from 0 to ``count`` - 1 in random order."""
        return torch.randperm(count, generator=self._few).to(self.device)

    def beta(self, alpha: float, count: int) -> Tensor:
        """Return numbers in [0, 1] of a symmetric beta distribution, float32 (count,)."""
        seed = int(torch.randint(2**62, (), generator=self._few))
        drawn = np.random.default_rng(seed).beta(alpha, alpha, count).astype(np.float32)
        return torch.from_numpy(drawn).to(self.device)

    def noise(self, *shape: int) -> Tensor:
        """Return normal noise of variance 1, float32 of the shape."""
        if self._many is None:
            self._many = torch.Generator(self.device).manual_seed(self._noise)
        return torch.randn(shape, generator=self._many, device=self.device)
