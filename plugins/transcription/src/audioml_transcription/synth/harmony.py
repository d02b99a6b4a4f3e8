"""Scales and chords, counted in steps, for scores that are made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Key", "Row", "random_key"]

Row = tuple[float, float, int, int]
"""Onset and length in beats, MIDI pitch, and role: 0 accompanies, 1 leads."""

_MODES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 8, 11),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 6, 7, 9, 11),
    (0, 2, 4, 5, 7, 9, 10),
)
_NEXT = {0: (3, 4, 5, 1), 1: (4, 6), 2: (5, 3), 3: (0, 4, 1), 4: (0, 5, 0), 5: (1, 3, 4), 6: (0,)}


@dataclass(frozen=True, slots=True)
class Key:
    """A scale of seven steps on a tonic (0 is C)."""

    tonic: int
    mode: tuple[int, ...]

    def pitch(self, step: int) -> int:
        """Return the MIDI pitch of a step; step 0 is the tonic in octave -1."""
        return self.tonic + 12 * (step // 7) + self.mode[step % 7]

    def step(self, pitch: int) -> int:
        """Return the step at a MIDI pitch, or the next one below."""
        octave, rest = divmod(pitch - self.tonic, 12)
        return 7 * octave + int(np.searchsorted(self.mode, rest, side="right")) - 1

    def chord(self, root: int, *, low: int, size: int) -> list[int]:
        """Return ``size`` steps of thirds on a root (0 to 6), the lowest at or above ``low``."""
        first = low + (root - low) % 7
        return [first + 2 * third for third in range(size)]


def random_key(rng: np.random.Generator) -> Key:
    """Return some key."""
    return Key(int(rng.integers(12)), _MODES[rng.integers(len(_MODES))])


def roots(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return a chord progression: ``count`` roots, each one that may follow the last."""
    found = [int(rng.integers(7))]
    while len(found) < count:
        follow = _NEXT[found[-1]]
        found.append(int(follow[rng.integers(len(follow))]))
    return np.array(found)
