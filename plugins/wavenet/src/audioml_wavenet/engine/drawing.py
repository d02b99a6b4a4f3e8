"""Drawing the next amplitude from logits, compiled by numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .exponential import exponential
from .jit import compiled, counting
from .layout import Room

__all__ = ["Choice", "draw"]

_f = np.float32
_Floats = NDArray[np.float32]


class Choice(NamedTuple):
    """How each song is drawn, see `sampling.Sampling`; one number for every song."""

    temperature: _Floats
    top_k: NDArray[np.int64]
    top_p: NDArray[np.float64]


@compiled
def draw(logits: _Floats, uniform: float, choice: Choice, song: int, room: Room) -> int:
    """Return the amplitude that a uniform number means; the logits are spent."""
    temperature, chances = choice.temperature[song], room.chances
    if temperature == _f(0):
        best = 0
        for i in range(chances.shape[0]):
            if logits[i] > logits[best]:
                best = i
        return best
    _weigh(logits, temperature, chances)
    if choice.top_k[song] < chances.shape[0] or choice.top_p[song] < 1.0:
        _restrict(chances, choice.top_k[song], choice.top_p[song], room.whole, logits)
    return _pick(chances, uniform, room.sums)


@compiled
def _weigh(logits: _Floats, temperature: np.float32, chances: _Floats) -> None:
    """Write exp((logit - largest) / temperature)."""
    levels = chances.shape[0]
    for i in range(16):
        chances[i] = logits[i]
    for block in range(1, levels // 16):
        for i in range(16):
            chances[i] = max(chances[i], logits[16 * block + i])
    largest = chances[0]
    for i in range(16):
        largest = max(largest, chances[i])
    for i in range(levels):
        chances[i] = exponential(max((logits[i] - largest) / temperature, _f(-87.0)))


@compiled
def _restrict(
    chances: _Floats, top_k: int, top_p: float, rank: NDArray[np.int32], ranked: _Floats
) -> None:
    """Set to 0 what is not among the ``top_k`` likeliest, or beyond a share ``top_p`` of these."""
    levels, last, total, reached = chances.shape[0], 0, 0.0, 0.0
    for i in range(levels):
        ranked[i] = _f(0)
    _count_likelier(chances, rank)
    for i in range(levels):
        ranked[rank[i]] += chances[i]  # those that are as likely as each other share a rank
    for i in range(min(top_k, levels)):
        total += ranked[i]
    for i in range(min(top_k, levels)):
        if ranked[i] > _f(0) and (reached < top_p * total or top_p == 1.0):
            last = i
            reached += ranked[i]
    for i in range(levels):
        if rank[i] > last:
            chances[i] = _f(0)


@counting
def _count_likelier(chances: _Floats, rank: NDArray[np.int32]) -> None:
    for i in range(chances.shape[0]):
        count = _f(0)
        for j in range(chances.shape[0]):
            count += _f(1) if chances[j] > chances[i] else _f(0)
        rank[i] = np.int32(count)


@compiled
def _pick(chances: _Floats, uniform: float, sums: NDArray[np.float64]) -> int:
    """Return the first place whose cumulative sum, in float64, is above a share of the total."""
    total = 0.0
    for block in range(sums.shape[0]):
        part = 0.0
        for i in range(16):
            part += chances[16 * block + i]
        sums[block] = part
        total += part
    wanted, reached, block = uniform * total, 0.0, 0
    while block < sums.shape[0] - 1 and reached + sums[block] <= wanted:
        reached += sums[block]
        block += 1
    last = 0
    for i in range(16 * block, chances.shape[0]):
        reached += chances[i]
        if chances[i] > _f(0):
            last = i
            if reached > wanted:
                break
    return last
