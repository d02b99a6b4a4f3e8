"""A network as the compiled engine reads it: flat arrays, and where in them everything begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..architecture import LEVELS
from ..weights import Weights, head_names

__all__ = ["Plan", "Room", "biases", "packed", "planned", "room"]

_MULTIPLE = 16  # widths are multiples of it, and thereby of every processor's vectors
_BEYOND = 64  # bytes that are read beyond the last weight

_Floats = NDArray[np.float32]
_Integers = NDArray[np.int64]


class Plan(NamedTuple):
    """A network; rows of its matrices are inputs, columns are outputs.

    ``weights`` is float32, or uint8 where three bytes make one, see `packed`; ``past``, ``now``,
    ``out`` and ``head`` are where matrices begin, counted in weights; ``starts`` is where the ring
    of a layer's last inputs begins, of as many slots as its dilation.
    """

    weights: NDArray[Any]
    dilations: _Integers
    starts: _Integers
    past: _Integers
    now: _Integers
    gate_scale: _Floats
    out: _Integers
    out_scale: _Floats
    out_bias: _Floats
    head: _Integers
    head_widths: _Integers
    head_scale: _Floats
    head_bias: _Floats
    embedding: _Floats
    residual: int
    gate: int
    skip: int
    adds: bool
    rectifies: bool


class Room(NamedTuple):
    """Where the kernel works, for it allocates nothing; what is in it lasts for one call."""

    hidden: _Floats
    past: _Floats
    gates: _Floats
    units: _Floats
    head: _Floats
    left: _Integers
    place: _Integers
    chances: _Floats
    whole: NDArray[np.int32]
    sums: NDArray[np.float64]


def planned(weights: Weights, *, pack: bool = False) -> Plan:
    """Return the plan of a network; ``pack`` keeps three bytes of each weight, see `packed`."""
    a = weights.architecture
    residual, gate, skip = (_wide(size) for size in (a.residual, a.gate, a.skip))
    taps = _fitted(
        np.stack([weights["now"], weights["past"]], axis=1), (a.layers, 2, residual, 2, gate)
    ).reshape(a.layers, 2, residual, 2 * gate)
    out = _side_by_side(weights["out"], a.residual, (a.layers, gate, residual, skip))
    bias = _side_by_side(weights["out.bias"], a.residual, (a.layers, residual, skip))
    widths = [skip, *(_wide(size) for size in a.head), LEVELS]
    names = head_names(a)
    heads = [
        _fitted(weights[n], (k, o)) for n, k, o in zip(names, widths, widths[1:], strict=False)
    ]
    store = _Store(pack=pack)
    tap_scale = [store.scale(both) for both in taps]
    out_scale = [store.scale(matrix) for matrix in out]
    head_scale = [store.scale(matrix) for matrix in heads]
    now, places = [], []
    for layer in range(a.layers):  # in the order in which a step reads them
        now.append(store.add(taps[layer, 0], tap_scale[layer]))
        places.append(store.add(out[layer], out_scale[layer]))
    head = [store.add(m, s) for m, s in zip(heads, head_scale, strict=True)]
    past = [store.add(taps[layer, 1], tap_scale[layer]) for layer in range(a.layers)]
    return Plan(
        weights=store.whole(),
        dilations=np.array(a.dilations, np.int64),
        starts=np.cumsum([0, *a.dilations[:-1]], dtype=np.int64),
        past=np.array(past, np.int64),
        now=np.array(now, np.int64),
        gate_scale=np.array(tap_scale, np.float32),
        out=np.array(places, np.int64),
        out_scale=np.array(out_scale, np.float32),
        out_bias=bias,
        head=np.array(head, np.int64),
        head_widths=np.array(widths, np.int64),
        head_scale=np.array(head_scale, np.float32),
        head_bias=np.stack([_fitted(weights[f"{n}.bias"], (max(widths),)) for n in names]),
        embedding=_fitted(weights["embedding"], (a.inputs, residual + skip)),
        residual=residual,
        gate=gate,
        skip=skip,
        adds=a.adds,
        rectifies=a.rectifies,
    )


def biases(weights: Weights, conditions: Sequence[int | None]) -> _Floats:
    """Return what the gates of each song begin with, shape (songs, layers, 2, gate)."""
    a = weights.architecture
    plain = weights["bias"]
    each = [plain if c is None else plain + weights["condition"][:, c] for c in conditions]
    return _fitted(np.stack(each), (len(each), a.layers, 2, _wide(a.gate)))


def room(plan: Plan, rows: int, *, ahead: int = 1) -> Room:
    """Return room for ``rows`` rows, and for ``ahead`` times as many of gates."""
    return Room(
        hidden=np.empty((rows, plan.residual + plan.skip), np.float32),
        past=np.empty((rows, plan.residual), np.float32),
        gates=np.empty((rows * ahead, 2, plan.gate), np.float32),
        units=np.empty((rows, plan.gate), np.float32),
        head=np.empty((2, rows, int(plan.head_widths.max())), np.float32),
        left=np.empty(len(plan.dilations), np.int64),
        place=np.empty(len(plan.dilations), np.int64),
        chances=np.empty(LEVELS, np.float32),
        whole=np.empty(LEVELS, np.int32),
        sums=np.empty(LEVELS // _MULTIPLE, np.float64),
    )


def packed(matrix: _Floats, scale: float) -> NDArray[np.uint8]:
    """Return three bytes for each number of a matrix, shape (3 n,), little-endian.

    They stand for a whole number of 32 bits, times ``scale``, whose lowest byte repeats the
    highest: so a processor spreads them by one permutation. The error is below 2**-24 of the
    largest number that the scale allows, which is what float32 itself keeps of it.
    """
    exact = np.asarray(matrix, np.float64).reshape(-1) / scale
    lowest = (np.rint(exact / 256).astype(np.int64) >> 16) & 255
    whole = np.clip(np.rint((exact - lowest) / 256), -(1 << 23), (1 << 23) - 1)
    return np.ascontiguousarray(whole.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]).ravel()


class _Store:
    """Matrices one behind the other, in one of the two forms."""

    def __init__(self, *, pack: bool) -> None:
        self._pack = pack
        self._parts: list[NDArray[Any]] = []
        self._count = 0

    def scale(self, matrix: _Floats) -> float:
        """Return a power of two by which a matrix is kept, so that scaling is exact."""
        if not self._pack:
            return 1.0
        return float(np.ldexp(1.0, int(np.frexp(np.abs(matrix).max(initial=0.0))[1]) - 31))

    def add(self, matrix: _Floats, scale: float) -> int:
        """Add a matrix, and return where it begins."""
        start = self._count
        self._parts.append(packed(matrix, scale) if self._pack else matrix.reshape(-1))
        self._count += matrix.size
        return start

    def whole(self) -> NDArray[Any]:
        """Return everything that was added, and what may be read beyond it."""
        return np.concatenate([*self._parts, np.zeros(_BEYOND, self._parts[0].dtype)])


def _wide(size: int) -> int:
    return -(-size // _MULTIPLE) * _MULTIPLE


def _fitted(array: _Floats, shape: tuple[int, ...]) -> _Floats:
    """Return an array with zeros added behind each of its axes."""
    behind = [(0, wanted - got) for got, wanted in zip(array.shape, shape, strict=True)]
    return np.pad(array, behind)


def _side_by_side(array: _Floats, residual: int, shape: tuple[int, ...]) -> _Floats:
    """Return residual and skip channels beside each other, each with zeros added."""
    *leading, wide, skip = shape
    halves = (array[..., :residual], (*leading, wide)), (array[..., residual:], (*leading, skip))
    return np.concatenate([_fitted(half, to) for half, to in halves], axis=-1)
