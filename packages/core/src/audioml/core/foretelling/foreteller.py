"""What a generator offers that makes one sample after the other."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..stages import ModelSpec

__all__ = ["Foreteller"]


@runtime_checkable
class Foreteller(Protocol):
    """A generator that can tell how likely each sample of a song is, after those before it."""

    spec: ModelSpec
    encoding: str
    """Of its samples, see `audioml.core.corpus.ENCODINGS`."""
    genres: tuple[str, ...]
    """That it can be told."""

    @property
    def receptive_field(self) -> int:
        """Return how many samples a prediction depends on."""
        ...

    def costs(self, samples: NDArray[Any], /, *, genre: str | None = None) -> NDArray[np.float64]:
        """Return what each sample costs in bits, shape (n,): minus the logarithm of its chance.

        ``samples`` are as they are kept, shape (n,); before the first one there was silence.
        """
        ...
