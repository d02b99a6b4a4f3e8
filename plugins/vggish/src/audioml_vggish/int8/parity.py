"""How far the network in integers is from the one in single precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decoder import eight_bits
from ..graph import EMBEDDING, WHITENED

__all__ = ["LEAST_CENTRED_COSINE", "LEAST_COSINE", "Parity", "compared"]

LEAST_COSINE = 0.99
"""Mean over all examples: an error of a seventh of an embedding's length. Integers that fit their
network are at 0.999 and more."""

LEAST_CENTRED_COSINE = 0.98
"""The same without the mean of all embeddings, which is most of each and says nothing: an error of
a fifth of what tells one sound from another. Integers that fit are at 0.995 and more; integers that
were fitted to silence alone reach 0.99 in the figure above, and 0.96 in this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Differences over examples that the integers were not fitted to.

    ``eight_bits_max`` and ``eight_bits_mean`` are in steps of the 8-bit embedding, of 256; None
    where there are no PCA parameters.
    """

    examples: int
    sounds: str
    cosine_min: float
    cosine_mean: float
    centred_cosine_min: float
    centred_cosine_mean: float
    eight_bits_max: int | None
    eight_bits_mean: float | None

    @property
    def holds(self) -> bool:
        """Return whether the integers may stand for the original."""
        centred = self.centred_cosine_mean >= LEAST_CENTRED_COSINE
        return centred and self.cosine_mean >= LEAST_COSINE

    @property
    def figures(self) -> dict[str, Any]:
        """Return what ``parity.json`` holds."""
        limits = {"cosine_mean": LEAST_COSINE, "centred_cosine_mean": LEAST_CENTRED_COSINE}
        return {**asdict(self), "limits": limits, "holds": self.holds}


def compared(
    exact: Mapping[str, NDArray[Any]], integers: Mapping[str, NDArray[Any]], *, sounds: str
) -> Parity:
    """Return how the outputs of both networks for the same examples differ."""
    one, other = (each[EMBEDDING].astype(np.float64) for each in (exact, integers))
    mean = one.mean(axis=0)
    cosines, centred = _cosines(one, other), _cosines(one - mean, other - mean)
    steps = None
    if WHITENED in exact:
        theirs, ours = (eight_bits(each[WHITENED]).astype(int) for each in (exact, integers))
        steps = np.abs(theirs - ours)
    return Parity(
        examples=len(cosines),
        sounds=sounds,
        cosine_min=round(float(cosines.min()), 6),
        cosine_mean=round(float(cosines.mean()), 6),
        centred_cosine_min=round(float(centred.min()), 6),
        centred_cosine_mean=round(float(centred.mean()), 6),
        eight_bits_max=None if steps is None else int(steps.max()),
        eight_bits_mean=None if steps is None else round(float(steps.mean()), 3),
    )


def _cosines(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine of the angle between rows; two rows of zeros agree."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    same = (one == other).all(axis=1)
    cosines = np.einsum("rc,rc->r", one, other) / np.where(lengths > 0, lengths, 1.0)
    return np.where(same, 1.0, cosines)
