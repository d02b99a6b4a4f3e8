"""How far two clouds of vectors are apart: the Fréchet distance of the Gaussians that fit them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError

__all__ = ["frechet"]

Vectors = NDArray[np.float64]


def frechet(one: Vectors, other: Vectors) -> float:
    """Return the squared distance (Dowson and Landau 1982; for audio: Kilgour et al. 2019).

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with means m and covariances S.

    Parameters
    ----------
    one, other
        float64, shape (n, size).

    Raises
    ------
    ValidationError
        If sizes differ, or one has fewer than two vectors.
    """
    if one.ndim != 2 or other.ndim != 2 or one.shape[1] != other.shape[1]:
        raise ValidationError(
            f"vectors must have shape (n, size), of one size, got {one.shape} and {other.shape}"
        )
    if min(len(one), len(other)) < 2:
        raise ValidationError(
            f"a distance needs two vectors of each side at least, got {len(one)} and {len(other)}: "
            "take longer sound"
        )
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    first, second = np.atleast_2d(first), np.atleast_2d(second)
    apart = one.mean(0) - other.mean(0)
    root = _root(first)
    # of a product of two such matrices the eigenvalues are those of this symmetric one
    shared = np.linalg.eigvalsh(root @ second @ root)
    both = np.sqrt(np.maximum(shared, 0.0)).sum()
    return max(float(apart @ apart + np.trace(first) + np.trace(second) - 2.0 * both), 0.0)


def _root(matrix: Vectors) -> Vectors:
    values, vectors = np.linalg.eigh(matrix)
    found: Vectors = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return found
