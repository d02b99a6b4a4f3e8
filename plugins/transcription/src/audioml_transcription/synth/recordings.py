"""One recording of the data set, from its seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import NotFoundError

from . import corpus
from .perform import Performance, perform
from .piano import Piano, Timbre
from .rooms import recorded
from .scores import Score, made_up
from .soundfonts import SoundFont, installed

__all__ = ["BUILT_IN", "Recipe", "Recording", "recording"]

RATE = 16000
BUILT_IN = "numpy"
_DETUNED = 35  # cents that tape speed may be off


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the data set is made of.

    Parameters
    ----------
    seed
        Of everything.
    seconds
        Length of each recording.
    families
        Weight of each timbre: ``numpy`` for the piano that is built in, or a soundfont's family.
    scores
        A file of `corpus.write`, or None for made-up scores alone.
    borrowed
        Share of recordings that are of those scores.
    allow_reserved
        Whether the soundfonts that are kept for tests may be rendered: for tests only.
    """

    seed: int = 0
    seconds: float = 60.0
    families: Mapping[str, float] = field(default_factory=lambda: {BUILT_IN: 1.0})
    scores: Path | None = None
    borrowed: float = 0.4
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Sound, what was played, and where both are from."""

    samples: NDArray[np.float32]
    played: Performance
    family: str
    source: str


def recording(recipe: Recipe, number: int) -> Recording:
    """Return recording ``number`` of a recipe: the same whenever and wherever it is asked for."""
    rng = np.random.default_rng([recipe.seed, number])
    names = sorted(recipe.families)
    weights = np.array([recipe.families[name] for name in names], np.float64)
    family = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    score = _score(recipe, rng)
    played = perform(score, rng, seconds=recipe.seconds)
    samples = _rendered(recipe, family, played, rng)
    samples, factor = _taped(samples, rng)
    return Recording(recorded(samples, rng), played.scaled(factor), family, score.source)


def _score(recipe: Recipe, rng: np.random.Generator) -> Score:
    if recipe.scores is None or rng.random() >= recipe.borrowed:
        return made_up(rng, beats=3 * recipe.seconds)
    scores = _scores(recipe.scores)
    score = scores[int(rng.integers(len(scores)))].transposed(int(rng.integers(-9, 10)))
    begin = rng.uniform(0, 0.5) * max(row[0] for row in score.rows)
    return Score(tuple(row for row in score.rows if row[0] >= begin), score.tempo, score.source)


@lru_cache(maxsize=2)
def _scores(path: Path) -> list[Score]:
    return corpus.read(path)


def _rendered(
    recipe: Recipe, family: str, played: Performance, rng: np.random.Generator
) -> NDArray[np.float32]:
    if family == BUILT_IN:
        return Piano(Timbre.drawn(rng), rng).render(played, seconds=recipe.seconds)
    return _font(family).render(
        played, rng, seconds=recipe.seconds, allow_reserved=recipe.allow_reserved
    )


@lru_cache(maxsize=8)
def _font(family: str) -> SoundFont:
    for font in installed():
        if font.family == family:
            return font
    raise NotFoundError(f"no soundfont of the family {family!r} is installed")


def _taped(
    samples: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """Return a sound at another speed, and how many times as long it is, in a third of cases."""
    if rng.random() > 0.33:
        return samples, 1.0
    length = round(len(samples) * 2 ** (rng.uniform(-_DETUNED, _DETUNED) / 1200) / 100) * 100
    slower = np.fft.irfft(np.fft.rfft(samples), length) * (length / len(samples))
    return slower.astype(np.float32), length / len(samples)
