"""How an amplitude is chosen among those that the network thinks likely."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import UsageError

__all__ = ["Sampling", "drawn", "uniforms"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """The choice of one song.

    Parameters
    ----------
    temperature
        Logits are divided by it: below 1 the likely becomes likelier, at 0 the likeliest is taken.
    top_k
        Only so many of the likeliest are drawn from; more where several are as likely as the last.
    top_p
        Of these, only the likeliest that together reach this share.

    Raises
    ------
    UsageError
        If one is out of range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise UsageError(
                "temperature must be 0 (always the likeliest) or above, such as 0.9, got "
                f"{self.temperature!r}"
            )
        if self.top_k is not None and (type(self.top_k) is not int or self.top_k < 1):
            raise UsageError(
                f"top-k must be a whole number from 1 on, or be left out, got {self.top_k!r}"
            )
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top-p must be above 0 and at most 1, got {self.top_p!r}")


def uniforms(seed: int, start: int, count: int) -> NDArray[np.float64]:
    """Return ``count`` of a seed's uniform numbers in [0, 1), from the one numbered ``start`` on.

    They are PCG64's, which numpy keeps the same across versions.

    Raises
    ------
    UsageError
        If the seed is not a whole number from 0 on.
    """
    if type(seed) is not int or seed < 0:
        raise UsageError(f"a seed must be a whole number from 0 on, got {seed!r}")
    return np.random.Generator(np.random.PCG64(seed).advance(start)).random(count)


def drawn(
    logits: NDArray[np.floating], numbers: NDArray[np.float64], choices: Sequence[Sampling]
) -> NDArray[np.int64]:
    """Return the amplitudes that uniform numbers mean, one for each row of logits."""
    return np.array([_one(*each) for each in zip(logits, numbers, choices, strict=True)])


def _one(logits: NDArray[np.floating], number: np.float64, choice: Sampling) -> int:
    if choice.temperature == 0:
        return int(logits.argmax())
    chances = np.exp((logits - logits.max()).astype(np.float64) / choice.temperature)
    if choice.top_k is not None or choice.top_p is not None:
        likelier = chances[np.newaxis, :] > chances[:, np.newaxis]
        chances[likelier.sum(axis=1) >= (choice.top_k or len(chances))] = 0.0
        if choice.top_p is not None and choice.top_p < 1:
            chances[(likelier * chances).sum(axis=1) >= choice.top_p * chances.sum()] = 0.0
    reached = np.cumsum(chances)
    place = int(np.searchsorted(reached, number * reached[-1], side="right"))
    return min(place, int(np.flatnonzero(chances)[-1]))
