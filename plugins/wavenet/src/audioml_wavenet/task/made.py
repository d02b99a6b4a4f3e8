"""A corpus of songs that are made up, for training without any recordings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from audioml.core.corpus import CorpusWriter
from audioml.core.errors import UsageError

from .music.composing import STYLES, composed
from .music.instrument import played

__all__ = ["Made", "write_made"]

_SPLITS = {8: "validation", 9: "test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is made up.

    Parameters
    ----------
    songs
        How many; of each genre's, two of ten are for validation and for the test.
    seconds
        Length of each.
    genres
        Names of `STYLES`, in turn.
    seed
        Of all that is drawn.
    rate
        Hz.

    Raises
    ------
    UsageError
        If a genre is unknown, or a number makes no sense.
    """

    songs: int = 100
    seconds: float = 20.0
    genres: tuple[str, ...] = tuple(STYLES)
    seed: int = 0
    rate: int = 16000

    def __post_init__(self) -> None:
        object.__setattr__(self, "genres", tuple(self.genres))
        if unknown := sorted(set(self.genres) - set(STYLES)):
            known = ", ".join(STYLES)
            raise UsageError(f"nothing is composed in genre {unknown[0]!r} (there is: {known})")
        enough = self.genres and self.songs >= 10 * len(self.genres)
        if not enough or not self.seconds >= 5 or self.rate < 4000:
            raise UsageError(
                "songs are made up in one genre at least, ten or more of each, of 5 seconds or "
                f"more, at 4000 Hz or more; got {asdict(self)}"
            )

    @classmethod
    def of(cls, given: Mapping[str, Any], /, *, rate: int) -> Self:
        """Return what ``data.made`` of a configuration says.

        Raises
        ------
        UsageError
            If it has a setting that is unknown.
        """
        known = {field.name for field in fields(cls)} - {"rate"}
        if unknown := sorted(set(given) - known):
            raise UsageError(
                f"data.made has no setting {unknown[0]!r} (it has: {', '.join(sorted(known))})"
            )
        return cls(rate=rate, **given)

    @property
    def name(self) -> str:
        """Return a name that no other songs have."""
        told = json.dumps(asdict(self), sort_keys=True)
        return f"songs-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def write_made(path: Path, made: Made) -> None:
    """Write the corpus, unless it is there."""
    if path.exists():
        return
    with CorpusWriter(path, rate=made.rate, encoding="mulaw") as corpus:
        for number in range(made.songs):
            genre = made.genres[number % len(made.genres)]
            rng = np.random.default_rng([made.seed, number])
            notes = composed(STYLES[genre], rng, seconds=made.seconds)
            corpus.append(
                f"{genre}-{number:05d}",
                played(notes, seconds=made.seconds, rate=made.rate),
                split=_SPLITS.get(number // len(made.genres) % 10, "train"),
                genre=genre,
                artist="audioml",
                licence="CC0-1.0",
            )
