"""An instrument in numpy: a few partials that settle, the same for each stroke of a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Note", "played"]

_PARTIALS = ((1, 0.9, 0.55), (2, 0.35, 0.12), (3, 0.2, 0.04))
"""Of each: times the key's frequency, the level it begins at, and the one it settles at."""
_SETTLE = 0.3  # seconds in which the difference falls to 1/e
_RISE = 0.004  # seconds to full level
_FALL = 0.03  # seconds from full level to nothing, once a key is let go


class Note(NamedTuple):
    """A stroke: when in seconds, for how long, which MIDI pitch, how loud from 0 to 1."""

    start: float
    seconds: float
    pitch: int
    loud: float


def played(notes: Iterable[Note], *, seconds: float, rate: int) -> NDArray[np.float32]:
    """Return the sound of notes, float32, shape (n,), within [-1, 1] where few sound at once."""
    out = np.zeros(round(seconds * rate))
    for note in notes:
        first = round(note.start * rate)
        stroke = _stroke(note, rate)[: max(len(out) - first, 0)]
        out[first : first + len(stroke)] += stroke
    return np.asarray(np.clip(out, -1.0, 1.0), np.float32)


def _stroke(note: Note, rate: int) -> NDArray[np.float64]:
    hertz = 440.0 * 2.0 ** ((note.pitch - 69) / 12)
    time = np.arange(round((note.seconds + _FALL) * rate)) / rate
    settling = np.exp(-time / _SETTLE)
    sound = np.zeros(len(time))
    for ratio, begun, settled in _PARTIALS:
        if ratio * hertz < 0.45 * rate:
            level = settled + (begun - settled) * settling
            sound += level * np.sin(2 * np.pi * ratio * hertz * time)
    rise = np.minimum(time / _RISE, 1.0)
    fall = np.clip((note.seconds + _FALL - time) / _FALL, 0.0, 1.0)
    shape = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return np.asarray(note.loud * sound * shape, np.float64)
