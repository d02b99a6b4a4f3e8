"""From which score on a class is said to be there."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["ENDS", "GRID", "f1_of", "tuned"]

GRID = torch.sigmoid(torch.linspace(-9.0, 9.0, 181))
"""The scores that are tried: even in logits, as many however many windows there are."""

ENDS = torch.cat([torch.zeros(1), GRID, torch.ones(1)])
"""Those of curves of which the area is measured, which must go from all to none."""


def tuned(precision: Tensor, recall: Tensor, thresholds: Tensor) -> tuple[Tensor, Tensor]:
    """Return the threshold of each class at which its F1 is greatest, and the mean of these F1.

    Where several thresholds do equally well, the middle one is taken.

    Parameters
    ----------
    precision, recall
        float32, shape (classes, thresholds + 1); the last column stands for no threshold.
    thresholds
        Scores, ascending, shape (thresholds,).

    Returns
    -------
    tuple of Tensor
        Logits, float32, shape (classes,), 0 for a class that was never there; and a number.
    """
    good, found = precision[:, :-1].nan_to_num(), recall[:, :-1].nan_to_num()
    f1 = 2.0 * good * found / (good + found).clamp_min(1e-12)
    best = f1.amax(-1, keepdim=True)
    logits = torch.logit(thresholds)
    offsets = torch.zeros(len(f1), device=f1.device)
    for at, (row, most) in enumerate(zip(f1, best, strict=True)):
        equal = (row >= most - 1e-6).nonzero()[:, 0]
        if most > 0:
            offsets[at] = logits[equal[len(equal) // 2]]
    return offsets, best.mean()


def f1_of(counted: Tensor) -> Tensor:
    """Return the F1 of each class, shape (classes,), from counts of shape (classes, 2, 2).

    The counts are of torchmetrics: target by answer. A class that is neither there nor found has
    an F1 of 0, as scikit-learn and torchmetrics have it.
    """
    right, false, missed = counted[:, 1, 1], counted[:, 0, 1], counted[:, 1, 0]
    return 2.0 * right / (2 * right + false + missed).clamp_min(1).float()
