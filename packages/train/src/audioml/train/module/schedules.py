"""How the learning rate goes over a run."""

from __future__ import annotations

import math
from functools import partial

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from audioml.core.errors import ValidationError

__all__ = ["warm_cosine", "warm_cosine_factor"]


def warm_cosine_factor(step: int, *, steps: int, warm_up: int, floor: float = 0.0) -> float:
    """Return the share of the full learning rate at a step.

    It rises in a line over ``warm_up`` steps and falls as half a cosine to ``floor`` at ``steps``
    (Loshchilov and Hutter 2017, eq. 5, without restarts).
    """
    if step < warm_up:
        return (step + 1) / warm_up
    done = min((step - warm_up) / max(steps - warm_up, 1), 1.0)
    return floor + (1 - floor) * (1 + math.cos(math.pi * done)) / 2


def warm_cosine(
    optimizer: Optimizer, *, steps: int, warm_up: int = 100, floor: float = 0.01
) -> LambdaLR:
    """Return the schedule of `warm_cosine_factor`, to be advanced after each step.

    A ``warm_up`` longer than a tenth of the run is cut to that, so that a trial of a few steps
    learns something.

    Raises
    ------
    ValidationError
        If ``warm_up`` is negative or ``floor`` is not in [0, 1].
    """
    if warm_up < 0 or not 0 <= floor <= 1:
        raise ValidationError(
            f"'warm_up' must be at least 0 and 'floor' in [0, 1], got {warm_up} and {floor}"
        )
    warm = min(warm_up, steps // 10)
    return LambdaLR(optimizer, partial(warm_cosine_factor, steps=steps, warm_up=warm, floor=floor))
