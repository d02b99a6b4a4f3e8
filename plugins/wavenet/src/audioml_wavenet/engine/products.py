"""Sums of products, compiled by numba around vectors that are told to LLVM one by one.

Every sum adds its terms in one order, each fused with its product, whether one row is multiplied
or many; so the numbers are the same to the last bit.
"""

# ruff: noqa: PLR0917  numba calls by position

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .jit import compiled

__all__ = ["UNPACKS", "multiply"]


def _lanes() -> int:
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx2") else 4


_LANES = _lanes()
UNPACKS = _LANES == 16
"""Whether this processor unpacks weights in less time than it takes to fetch them whole.

With AVX2 it does not: on Zen 3 whole weights make the preset ``std30`` 1.16 times as fast, and 16
songs of it 1.24 times.
"""

_ROWS, _VECTORS = (8, 2) if _LANES == 16 else (4, 2)  # of a tile of many rows: what registers hold
_I8, _I32, _I64, _FLOAT = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_VECTOR, _WHOLE = ir.VectorType(_FLOAT, _LANES), ir.VectorType(_I32, _LANES)
_BYTES = ir.VectorType(_I8, 4 * _LANES)
_SPREAD = ir.Constant(  # bytes 0, 1, 2 of three to 1, 2, 3 of four; byte 2 to 0 as well
    ir.VectorType(_I32, 4 * _LANES), [3 * i + (j + 2) % 3 for i in range(_LANES) for j in range(4)]
)


def _splat(builder: Any, value: Any) -> Any:
    """Return a vector with the same number in every lane."""
    empty = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(empty, value, _I32(0))
    return builder.shuffle_vector(first, empty, ir.Constant(_WHOLE, [0] * _LANES))


def _loaded(builder: Any, weights: Any, at: Any, *, pack: bool) -> Any:
    """Return a vector of weights, unpacked where three bytes make one."""
    if not pack:
        place = builder.gep(weights, [at])
        return builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=4)
    place = builder.gep(weights, [builder.mul(at, _I64(3))])
    raw = builder.load(builder.bitcast(place, _BYTES.as_pointer()), align=1)
    spread = builder.shuffle_vector(raw, ir.Constant(_BYTES, ir.Undefined), _SPREAD)
    return builder.sitofp(builder.bitcast(spread, _WHOLE), _VECTOR)


def _summed(
    builder: Any, sums: list[Any], count: Any, added: Callable[[Any, list[Any]], Any]
) -> Any:
    """Return sums to which ``added(index, sums)`` has been applied ``count`` times."""
    before, loop = builder.block, builder.append_basic_block("terms")
    after = builder.append_basic_block("sums")
    builder.branch(loop)
    builder.position_at_end(loop)
    index, phis = builder.phi(_I64), [builder.phi(_VECTOR) for _ in sums]
    new = added(index, phis)
    following = builder.add(index, _I64(1))
    for phi, first, next_ in zip([index, *phis], [_I64(0), *sums], [following, *new], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(next_, loop)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
    builder.position_at_end(after)
    return new


def _tile(rows: int, vectors: int) -> Any:
    """Return what adds x times weights to a part of y that is kept in registers meanwhile.

    In the place of ``scale``, y is brought to the scale of the weights and back again.
    """

    def built(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def data(place: int) -> Any:
            array = context.make_array(signature.args[place])
            return array(context, builder, values[place]).data

        def row(place: int, r: int) -> Any:
            at, step = values[place + 1 : place + 3]
            return builder.gep(data(place), [builder.add(at, builder.mul(step, _I64(r)))])

        def target(r: int, v: int) -> Any:
            place = builder.gep(row(8, r), [_I64(v * _LANES)])
            return builder.bitcast(place, _VECTOR.as_pointer())

        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        fused = builder.module.declare_intrinsic(f"llvm.fmuladd.v{_LANES}f32", fnty=kind)
        weights, (at, step, count, scale) = data(0), values[1:5]
        pack = signature.args[0].dtype == types.uint8
        xs = [row(5, r) for r in range(rows)]
        ys = [target(r, v) for r in range(rows) for v in range(vectors)]

        def added(index: Any, sums: list[Any]) -> list[Any]:
            start = builder.add(at, builder.mul(index, step))
            starts = [builder.add(start, _I64(v * _LANES)) for v in range(vectors)]
            columns = [_loaded(builder, weights, place, pack=pack) for place in starts]
            terms = [_splat(builder, builder.load(builder.gep(x, [index]))) for x in xs]
            pairs = [(term, column) for term in terms for column in columns]
            return [builder.call(fused, [*p, s]) for p, s in zip(pairs, sums, strict=True)]

        unscale = _splat(builder, builder.fdiv(_FLOAT(1.0), scale))
        first = [builder.fmul(builder.load(y, align=4), unscale) for y in ys]
        for total, y in zip(_summed(builder, first, count, added), ys, strict=True):
            builder.store(builder.fmul(total, _splat(builder, scale)), y, align=4)
        return context.get_dummy_value()

    def tile(
        typing: Any, weights: Any, at: Any, step: Any, count: Any, scale: Any,
        x: Any, x_at: Any, x_step: Any, y: Any, y_at: Any, y_step: Any,
    ) -> Any:  # fmt: skip
        given = (weights, at, step, count, scale, x, x_at, x_step, y, y_at, y_step)
        return types.void(*given), built

    return intrinsic(tile)


_one_by_eight, _one_by_four, _one_by_one = _tile(1, 8), _tile(1, 4), _tile(1, 1)
_many_by_some, _many_by_one = _tile(_ROWS, _VECTORS), _tile(_ROWS, 1)


@compiled
def multiply(
    weights: NDArray[Any], at: int, k: int, o: int, scale: np.float32,
    x: NDArray[np.float32], x_at: int, x_step: int, rows: int,
    y: NDArray[np.float32], y_at: int, y_step: int,
) -> None:  # fmt: skip
    """Add, to ``rows`` rows of ``o`` numbers of y, rows of ``k`` numbers of x times a matrix."""
    r = 0
    while rows - r >= _ROWS:
        c = 0
        while o - c >= _VECTORS * _LANES:
            _many_by_some(weights, at + c, o, k, scale, x, x_at, x_step, y, y_at + c, y_step)
            c += _VECTORS * _LANES
        while c < o:
            _many_by_one(weights, at + c, o, k, scale, x, x_at, x_step, y, y_at + c, y_step)
            c += _LANES
        r, x_at, y_at = r + _ROWS, x_at + _ROWS * x_step, y_at + _ROWS * y_step
    while r < rows:
        c = 0
        while o - c >= 8 * _LANES:
            _one_by_eight(weights, at + c, o, k, scale, x, x_at, x_step, y, y_at + c, y_step)
            c += 8 * _LANES
        while o - c >= 4 * _LANES:
            _one_by_four(weights, at + c, o, k, scale, x, x_at, x_step, y, y_at + c, y_step)
            c += 4 * _LANES
        while c < o:
            _one_by_one(weights, at + c, o, k, scale, x, x_at, x_step, y, y_at + c, y_step)
            c += _LANES
        r, x_at, y_at = r + 1, x_at + x_step, y_at + y_step
