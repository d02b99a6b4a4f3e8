"""One vector for a whole recording, by any model that answers with vectors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio import conform_blocks, read_blocks
from audioml.core.cli.output import continue_logging
from audioml.core.errors import AudioError, UsageError, ValidationError
from audioml.core.values import Prediction

from .store import unit

__all__ = ["Embed", "loaded", "vector_of"]

_MIDDLE = 127.5  # of vectors in eight bits, whose zero is there


@dataclass(frozen=True, slots=True)
class Embed:
    """Embeds one recording after the other; sent to the processes that work.

    Parameters
    ----------
    model
        Its reference.
    threads
        Of each process.
    log_level
        Of the process that asks.
    """

    model: str
    threads: int | None = None
    log_level: int = 0

    def __call__(self, path: Path, /) -> NDArray[np.float32]:
        """Return the unit vector of a recording: the mean of those of its windows, float32 (size,).

        Raises
        ------
        AudioError
            If it cannot be read, or is too short for a window.
        UsageError
            If the model does not answer with vectors.
        ValidationError
            If a vector is not finite, or all are zero.
        """
        continue_logging(self.log_level)
        model = loaded(self.model, self.threads)
        blocks = conform_blocks(read_blocks(path), model.spec)
        return vector_of(model.predict_blocks(blocks), model.spec.name)


@functools.lru_cache(maxsize=1)
def loaded(reference: str, threads: int | None = None) -> Any:
    """Return a model, once in each process."""
    from audioml.core import load

    return load(reference, threads=threads)


def vector_of(prediction: Prediction, name: str) -> NDArray[np.float32]:
    """Return the unit vector of what a model called ``name`` answers to a recording."""
    vectors = _vectors(prediction, name)
    if not len(vectors):
        raise AudioError("it is too short for a window of the model")
    if not np.isfinite(vectors).all():
        raise ValidationError(f"{name} answers with numbers that are not finite")
    if vectors.dtype == np.uint8:
        vectors = vectors - _MIDDLE
    return unit(vectors.astype(np.float64).mean(0))


def _vectors(prediction: Prediction, name: str) -> NDArray[Any]:
    frames = {n: f for n, f in prediction.frames.items() if f.values.ndim == 2 and not f.labels}
    if "embedding" in frames:
        return frames["embedding"].values
    if len(frames) != 1:
        raise UsageError(
            f"{name} does not answer with vectors of windows; it answers with "
            f"{', '.join(prediction) or 'nothing'}; take a model of the task embedding"
        )
    return next(iter(frames.values())).values
