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
    step
        Seconds of the shortest note; every note lasts some of these steps.
    held
        Chance, after each of its steps, that a note is held for another, but for the few that are
        held long.
    """

    scale: tuple[int, ...]
    range: tuple[int, int]
    step: float
    held: float


STYLES = {
    "calm": Style((0, 2, 4, 7, 9), (60, 79), 0.22, 0.4),
    "lively": Style((0, 3, 5, 7, 10), (60, 82), 0.14, 0.25),
}
"""By genre: a major and a minor pentatonic scale."""

_LOUD = 0.6
_LONG, _LONGEST = 0.1, 12  # share of the notes that last any number of steps, and how many at most


def composed(style: Style, rng: np.random.Generator, *, seconds: float) -> Iterator[Note]:
    """Yield the notes of a melody that walks up and down its scale until the end.

    There is some silence before the first note and none later, and every note is as loud as the
    others. A network that remembers half a second has so much less to know: a rest, or a note that
    was always short, would be where it loses its way, for it would not have heard how one goes on.
    """
    low, high = style.range
    keys = [pitch for pitch in range(low, high + 1) if pitch % 12 in style.scale]
    at = int(rng.integers(len(keys)))
    now = rng.uniform(0.07, 0.2)
    while now < seconds:
        steps = int(rng.geometric(1.0 - style.held))
        if rng.random() < _LONG:
            steps = int(rng.integers(1, _LONGEST + 1))
        at = int(np.clip(at + rng.integers(-2, 3), 0, len(keys) - 1))
        yield Note(now, steps * style.step, keys[at], _LOUD)
        now += steps * style.step
