"""Numbers as a quantised tensor holds them: real = scale * (stored - zero point).

Jacob et al. 2018, sec. 2.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["dequantised", "quantised"]

_HALF = np.nextafter(np.float32(0.5), np.float32(0))  # a half would lift 0.49999997 to 1


def quantised(
    values: NDArray[Any], *, scale: float, zero_point: int, dtype: DTypeLike
) -> NDArray[Any]:
    """Return real numbers as integers: the nearest, and of two equally near the outer one.

    So does TFLite's reference kernel, in float32. What is out of range becomes the end of the
    range.

    Parameters
    ----------
    values
        floating point, any shape, no NaN.
    scale, zero_point
        Of the tensor.
    dtype
        int8, uint8 or int16.
    """
    steps: NDArray[np.float32] = np.asarray(values, np.float32) / np.float32(scale)
    steps += np.copysign(_HALF, steps)
    np.trunc(steps, out=steps)
    steps += np.float32(zero_point)
    limits = np.iinfo(dtype)
    np.clip(steps, limits.min, limits.max, out=steps)
    return steps.astype(dtype)


def dequantised(stored: NDArray[Any], *, scale: float, zero_point: int) -> NDArray[np.float32]:
    """Return the float32 that a quantised tensor's integers stand for."""
    real = stored.astype(np.float32)
    real -= np.float32(zero_point)
    real *= np.float32(scale)
    return real
