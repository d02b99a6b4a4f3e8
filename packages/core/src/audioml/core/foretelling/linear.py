"""Linear prediction that follows the sound: what comes next as a weighted sum of what was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["foretold_linearly"]

_AT_ONCE = 256  # blocks, so that memory is bounded


def foretold_linearly(
    samples: NDArray[np.floating[Any]],
    /,
    *,
    order: int = 24,
    window: int = 1024,
    block: int = 64,
) -> NDArray[np.float32]:
    """Return what each sample is foretold as from those before it, float32, shape (n,).

    Parameters
    ----------
    samples
        Shape (n,); before them was silence.
    order
        Samples that are summed.
    window, block
        Weights are fitted by least squares (the covariance method; Makhoul 1975, sec. II) to the
        last ``window`` samples, anew for each ``block``: nothing of the block itself is used.
    """
    count = len(samples)
    blocks = -(-count // block)
    before = window + order
    padded = np.zeros(before + blocks * block, np.float32)
    padded[before : before + count] = samples
    found = np.empty((blocks, block), np.float32)
    spans = np.lib.stride_tricks.sliding_window_view(padded, before + block)[::block]
    for first in range(0, blocks, _AT_ONCE):
        found[first : first + _AT_ONCE] = _blocks(
            spans[first : first + _AT_ONCE], order=order, window=window
        )
    return found.ravel()[:count]


def _blocks(spans: NDArray[np.float32], *, order: int, window: int) -> NDArray[np.float32]:
    """Return the predictions of the samples after ``window + order`` in each row."""
    rows = np.lib.stride_tricks.sliding_window_view(spans, order, axis=1)
    heard, wanted = rows[:, :window], spans[:, order : order + window]
    products = heard.transpose(0, 2, 1) @ heard
    sums = np.einsum("bto,bt->bo", heard, wanted, optimize=True)
    # the steps of the samples themselves: without, silence could not be solved
    power = np.trace(products, axis1=1, axis2=2) / order
    products += (1e-5 * power + 1e-7)[:, None, None] * np.eye(order, dtype=np.float32)
    weights = np.linalg.solve(products.astype(np.float64), sums.astype(np.float64)[..., None])
    block = spans.shape[1] - window - order
    later = rows[:, window : window + block]
    return np.asarray(np.einsum("bto,bo->bt", later, weights[..., 0], optimize=True), np.float32)
