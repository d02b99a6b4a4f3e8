"""Scores that are made up: many textures, none of them anybody's work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..notes import HIGHEST, LOWEST
from .harmony import Row, random_key, roots
from .textures import ACCOMPANIMENTS, SOLOS, Bar, Texture, melody

__all__ = ["Score", "made_up"]


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be played.

    Parameters
    ----------
    rows
        Onset and length in beats, MIDI pitch, role (0 accompanies, 1 leads).
    tempo
        Beats a minute that suit it: the slowest and the fastest.
    source
        Where it is from.
    """

    rows: tuple[Row, ...]
    tempo: tuple[float, float] = (55.0, 150.0)
    source: str = "made up"

    def transposed(self, semitones: int) -> Score:
        """Return the score in another key; what leaves the keyboard is left out."""
        moved = ((t, d, p + semitones, r) for t, d, p, r in self.rows)
        return Score(tuple(filter(_on_keyboard, moved)), self.tempo, self.source)


def _on_keyboard(row: Row) -> bool:
    return LOWEST <= row[2] <= HIGHEST


def made_up(rng: np.random.Generator, *, beats: float = 120.0) -> Score:
    """Return a score of some ``beats``: sections of a few bars, each of one texture."""
    key, rows, now = random_key(rng), [], 0.0
    slow = rng.random() < 0.2
    step = int(rng.integers(38, 50))
    while now < beats:
        if rng.random() < 0.3:
            key = random_key(rng)
        solo = rng.random() < 0.3
        texture = _drawn(rng, SOLOS if solo else ACCOMPANIMENTS)
        sung = not solo and rng.random() < 0.8
        length = float(rng.choice([2, 3, 4, 4]))
        for root in roots(rng, int(rng.integers(1, 5))):
            bar = Bar(rng, key, int(root), length)
            found = texture(bar)
            if sung:
                tune, step = melody(bar, step)
                found = found + tune
            rows += [(now + t, d, p, r) for t, d, p, r in found if _on_keyboard((t, d, p, r))]
            now += length
    return Score(tuple(rows), (30.0, 70.0) if slow else (60.0, 170.0))


def _drawn(rng: np.random.Generator, weighted: tuple[tuple[float, Texture], ...]) -> Texture:
    weights = np.array([weight for weight, _ in weighted])
    return weighted[int(rng.choice(len(weighted), p=weights / weights.sum()))][1]
