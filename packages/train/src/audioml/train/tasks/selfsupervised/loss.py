"""What two views of a sound shall have in common, and what keeps vectors from being all the same.

Variance-invariance-covariance regularisation, VICReg (Bardes et al. 2022). It needs no negatives,
so that small batches do; and no teacher, so that a step costs one network.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from audioml.core.errors import ValidationError

__all__ = ["Regularised"]

_LEAST = 1e-4  # variance that is added, so that the gradient of its root is finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularised:
    """The loss of VICReg (Bardes et al. 2022, eq. 6).

    Parameters
    ----------
    invariance
        Weight of the squared distance between the two views.
    variance
        Weight of what each number's standard deviation over the batch lacks to 1.
    covariance
        Weight of the squared covariances of different numbers.

    Raises
    ------
    ValidationError
        If a weight is below 0.
    """

    invariance: float = 25.0
    variance: float = 25.0
    covariance: float = 1.0

    def __post_init__(self) -> None:
        for name in ("invariance", "variance", "covariance"):
            if not getattr(self, name) >= 0:
                raise ValidationError(f"'task.loss.{name}' must be at least 0")

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the loss of two views, each of shape (batch, size); 0 for a batch below 2."""
        one, other = one.float(), other.float()
        if len(one) < 2:
            return (one.sum() + other.sum()) * 0.0
        apart = (one - other).square().mean()
        lacking = sum(torch.relu(1 - (v.var(0) + _LEAST).sqrt()).mean() for v in (one, other))
        shared = sum(_off_diagonal(v.T.cov()).square().sum() / v.shape[1] for v in (one, other))
        return self.invariance * apart + self.variance * lacking + self.covariance * shared


def _off_diagonal(table: Tensor) -> Tensor:
    return table - table.diagonal().diag()
