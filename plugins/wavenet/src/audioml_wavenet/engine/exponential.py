"""The exponential function, written so that loops over it become vector instructions."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .jit import inlined

__all__ = ["exponential"]

_f = np.float32


def _power_of_two(typing: Any, exponent: Any) -> Any:
    """Return 2 to a whole number from -126 to 127, put where a float has its exponent."""

    def built(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = builder.fptosi(values[0], ir.IntType(32))
        biased = builder.shl(builder.add(whole, ir.IntType(32)(127)), ir.IntType(32)(23))
        return builder.bitcast(biased, ir.FloatType())

    return types.float32(exponent), built


_two_to: Any = intrinsic(_power_of_two)


@inlined
def exponential(x: Any) -> Any:
    """Return e to the power of a float32 from -87 to 88, to about 1e-7 of it (Cephes' expf)."""
    n = (x * _f(1.44269504) + _f(12582912.0)) - _f(12582912.0)  # the nearest whole number
    r = (x - n * _f(0.693359375)) + n * _f(2.12194440e-4)
    p = _f(1.9875691500e-4)
    p = p * r + _f(1.3981999507e-3)
    p = p * r + _f(8.3334519073e-3)
    p = p * r + _f(4.1665795894e-2)
    p = p * r + _f(1.6666665459e-1)
    p = p * r + _f(5.0000001201e-1)
    return (p * (r * r) + r + _f(1.0)) * _two_to(n)
