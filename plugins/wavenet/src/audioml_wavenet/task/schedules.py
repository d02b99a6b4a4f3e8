"""How the learning rate falls where nobody knows how many steps there will be."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from audioml.core.errors import ValidationError

__all__ = ["slowing"]


def slowing(
    optimizer: Optimizer,
    *,
    steps: int,
    warm_up: int = 100,
    constant: int = 500,
    floor: float = 0.01,
) -> LambdaLR:
    """Return a schedule that rises in a line and then falls as 1 / sqrt(step).

    Parameters
    ----------
    optimizer
        Whose rate it is.
    steps
        Of the whole run, which do not matter: a run may be stopped whenever its time is over.
    warm_up
        Steps until the full rate.
    constant
        Steps in which it falls to 1 / sqrt(2).
    floor
        Share of it that is always left.

    Raises
    ------
    ValidationError
        If a number of steps is out of range.
    """
    if warm_up < 0 or constant < 1:
        raise ValidationError(
            f"'warm_up' must be at least 0 and 'constant' at least 1, got {warm_up} and {constant}"
        )

    def factor(step: int) -> float:
        rising = (step + 1) / warm_up if step < warm_up else 1.0
        return rising * max(floor, 1 / math.sqrt(1 + max(step - warm_up, 0) / constant))

    return LambdaLR(optimizer, factor)
