"""Melodies that nobody wrote, in a style that is narrow enough to be learnt soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .instrument import Note

__all__ = ["STYLES", "Style", "composed"]


@dataclass(frozen=True, slots=True)
class Style:
    """What makes a genre.

    Parameters
    ----------
    scale
        Pitch classes of the melody, from C.
    range
        Lowest and highest MIDI pitch of the melody.
    tempo
        Beats a minute, the slowest and the fastest.
    lengths
        Of the melody's notes, in beats: one is drawn for each.
    """

    scale: tuple[int, ...]
    range: tuple[int, int]
    tempo: tuple[float, float]
    lengths: tuple[float, ...]


STYLES = {
    "calm": Style((0, 2, 4, 7, 9), (64, 79), (60, 76), (1, 1, 1, 2, 0.5)),
    "lively": Style((0, 3, 5, 7, 10), (65, 82), (104, 126), (0.5, 0.5, 0.5, 1)),
}
"""By genre: a major and a minor pentatonic scale."""


def composed(style: Style, rng: np.random.Generator, *, seconds: float) -> Iterator[Note]:
    """Yield the notes of a melody that walks up and down its scale until the end.

    There is some silence before the first note and none later: a network that remembers less than a
    rest lasts would not know when to go on.
    """
    beat = 60.0 / rng.uniform(*style.tempo)
    low, high = style.range
    keys = [pitch for pitch in range(low, high + 1) if pitch % 12 in style.scale]
    at = int(rng.integers(len(keys)))
    now = rng.uniform(0.07, 0.2)
    while now < seconds:
        length = float(rng.choice(style.lengths)) * beat
        at = int(np.clip(at + rng.integers(-2, 3), 0, len(keys) - 1))
        yield Note(now, length, keys[at], rng.uniform(0.7, 1.0))
        now += length
