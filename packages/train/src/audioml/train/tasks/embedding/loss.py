"""The contrastive loss: what is near shall be nearer than all else in the batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audioml.core.errors import ValidationError

__all__ = ["contrastive"]


def contrastive(vectors: Tensor, near: Tensor, *, temperature: float) -> Tensor:
    """Return the supervised contrastive loss (Khosla et al. 2020, eq. 2), a scalar.

    Where each vector has exactly one that is near, it is NT-Xent, the loss of SimCLR (Chen et al.
    2020, eq. 1). All others of the batch are negatives. Vectors to which none is near are only
    that; where no vector has one, the loss is 0.

    Parameters
    ----------
    vectors
        Floating point, shape (batch, size), of any length above 0; cosines are compared.
    near
        bool, shape (batch, batch): which are near each other; the diagonal is not looked at.
    temperature
        The cosines are divided by it: the lower, the more the nearest negatives count.

    Raises
    ------
    ValidationError
        If the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValidationError(f"'temperature' must be above 0, got {temperature!r}")
    unit = nn.functional.normalize(vectors.float(), dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    logits = (unit @ unit.mT / temperature).masked_fill(itself, float("-inf"))
    near = near & ~itself
    found = near.sum(1)
    each = logits.log_softmax(1).masked_fill(~near, 0.0).sum(1) / found.clamp_min(1)
    return -each.sum() / (found > 0).sum().clamp_min(1)
