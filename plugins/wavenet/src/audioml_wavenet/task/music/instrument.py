"""A struck instrument in numpy: a few decaying partials, the same for each stroke of a key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Note", "played"]

_PARTIALS = ((1, 1.0, 1.0), (2, 0.32, 1.8), (3, 0.12, 2.8))
"""Of each: times the key's frequency, level, and times the rate at which the first one decays."""
_RISE = 0.004  # seconds to full level
_FALL = 0.06  # seconds from full level to nothing, once a key is let go
_DECAY = 0.75  # seconds in which middle C falls to 1/e


class Note(NamedTuple):
    """A stroke: when in seconds, for how long, which MIDI pitch, how loud from 0 to 1."""

    start: float
    seconds: float
    pitch: int
    loud: float


@dataclass(frozen=True, slots=True)
class _Key:
    hertz: float
    decay: float  # 1/s

    @classmethod
    def of(cls, pitch: int) -> _Key:
        octaves = (pitch - 60) / 12
        return cls(440.0 * 2.0 ** ((pitch - 69) / 12), 2.0 ** (0.5 * octaves) / _DECAY)


def played(notes: Iterable[Note], *, seconds: float, rate: int) -> NDArray[np.float32]:
    """Return the sound of notes, float32, shape (n,), within [-1, 1] where few sound at once."""
    out = np.zeros(round(seconds * rate))
    for note in notes:
        first = round(note.start * rate)
        stroke = _stroke(note, rate)[: max(len(out) - first, 0)]
        out[first : first + len(stroke)] += stroke
    return np.asarray(np.clip(out, -1.0, 1.0), np.float32)


def _stroke(note: Note, rate: int) -> NDArray[np.float64]:
    key = _Key.of(note.pitch)
    time = np.arange(round((note.seconds + _FALL) * rate)) / rate
    sound = np.zeros(len(time))
    for ratio, level, quicker in _PARTIALS:
        if ratio * key.hertz < 0.45 * rate:
            wave = np.sin(2 * np.pi * ratio * key.hertz * time)
            sound += level * np.exp(-quicker * key.decay * time) * wave
    rise = np.minimum(time / _RISE, 1.0)
    fall = np.clip((note.seconds + _FALL - time) / _FALL, 0.0, 1.0)
    shape = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return np.asarray(0.5 * note.loud * sound * shape, np.float64)
