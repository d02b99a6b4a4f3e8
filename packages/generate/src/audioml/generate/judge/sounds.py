"""Sound to be compared: songs that the model makes, and as much of real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus, decode
from audioml.core.stages import Generator

from ..song.making import songs
from .held import excerpts

__all__ = ["Samples", "made", "real"]

Samples = NDArray[np.float32]


def made(
    model: Generator, *, count: int, seconds: float, seed: int, temperature: float
) -> list[Samples]:
    """Return songs of a model, in the genres that it knows by turns."""
    genres: Sequence[str | None] = tuple(getattr(model, "genres", ())) or (None,)
    found: list[Samples] = []
    for at, genre in enumerate(genres):
        wanted = len(range(at, count, len(genres)))
        if not wanted:
            continue
        blocks = songs(
            model,
            count=wanted,
            seconds=seconds,
            seed=seed + len(found),
            temperature=temperature,
            genre=genre,
        )
        each = zip(*blocks, strict=True)
        found += [np.concatenate([block.samples[0] for block in song]) for song in each]
    return found


def real(rows: Corpus, *, seconds: float, least: float) -> list[Samples]:
    """Return parts of songs, about so many seconds in all, none shorter than ``least``."""
    samples = round(seconds * rows.rate)
    some = excerpts(rows, samples=samples, least=round(least * rows.rate))
    return [decode(each.samples, rows.encoding) for each in some]
