"""How the learning rate of the CRNN goes over a run."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR

__all__ = ["stairs"]


def stairs(optimizer: Optimizer, *, steps: int, every: int = 10_000, factor: float = 0.9) -> StepLR:
    """Return a schedule that takes a share of the rate every so many steps, however many there are.

    It is that of Kong et al. 2021, sec. IV-B.
    """
    return StepLR(optimizer, every, factor)
