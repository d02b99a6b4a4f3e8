"""What is played: notes with their keys' times, and the sustain pedal.

A note sounds until its key is up and the pedal too; `extended` gives the offsets that are heard.
Times are in seconds, pitches are MIDI numbers, velocities 1 to 127.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audioml.core.errors import ValidationError

__all__ = ["HIGHEST", "KEYS", "LOWEST", "Notes", "Pedal", "extended", "repaired"]

LOWEST, HIGHEST = 21, 108
KEYS = HIGHEST - LOWEST + 1
_SHORTEST = 1e-3  # seconds: nothing that is shorter can be told from nothing


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes in the order of their onsets.

    Parameters
    ----------
    onset, offset
        float64, shape (n,), seconds.
    pitch
        int, shape (n,): MIDI numbers.
    velocity
        int, shape (n,), 1 to 127.

    Raises
    ------
    ValidationError
        If lengths differ, a number is not finite, or a note ends before it begins.
    """

    onset: NDArray[np.float64]
    offset: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]

    def __post_init__(self) -> None:
        onset = np.asarray(self.onset, np.float64).reshape(-1)
        offset = np.asarray(self.offset, np.float64).reshape(-1)
        pitch = np.asarray(self.pitch).astype(np.int64).reshape(-1)
        velocity = np.asarray(self.velocity).astype(np.int64).reshape(-1)
        lengths = [len(column) for column in (onset, offset, pitch, velocity)]
        if len(set(lengths)) > 1:
            raise ValidationError(f"the columns of notes must be of one length, got {lengths}")
        if not (np.isfinite(onset).all() and np.isfinite(offset).all()):
            raise ValidationError("onsets and offsets must be finite")
        if (offset < onset).any():
            worst = int(np.argmax(onset - offset))
            raise ValidationError(f"a note ends at {offset[worst]} s but begins at {onset[worst]}")
        order = np.lexsort((pitch, onset))
        named = {"onset": onset, "offset": offset, "pitch": pitch, "velocity": velocity}
        for name, column in named.items():
            kept = column[order]
            kept.flags.writeable = False
            object.__setattr__(self, name, kept)

    @classmethod
    def none(cls) -> Notes:
        """Return no notes at all."""
        return cls.of([])

    @classmethod
    def of(cls, rows: ArrayLike) -> Notes:
        """Return notes from rows of onset, offset, pitch and velocity, shape (n, 4)."""
        table = np.asarray(rows, np.float64).reshape(-1, 4)
        return cls(table[:, 0], table[:, 1], np.rint(table[:, 2]), np.rint(table[:, 3]))

    def __len__(self) -> int:
        return len(self.onset)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Notes:
        return Notes(self.onset[which], self.offset[which], self.pitch[which], self.velocity[which])

    @property
    def table(self) -> NDArray[np.float64]:
        """Return onset, offset, pitch and velocity, float64, shape (n, 4)."""
        return np.stack([self.onset, self.offset, self.pitch, self.velocity], axis=1)

    @property
    def end(self) -> float:
        """Return the last offset, 0 where there are no notes."""
        return float(self.offset.max(initial=0.0))

    def shifted(self, seconds: float) -> Notes:
        """Return the same notes, later by ``seconds``."""
        return Notes(self.onset + seconds, self.offset + seconds, self.pitch, self.velocity)

    def scaled(self, factor: float) -> Notes:
        """Return the same notes played ``factor`` times as slowly."""
        return Notes(self.onset * factor, self.offset * factor, self.pitch, self.velocity)


@dataclass(frozen=True, slots=True, eq=False)
class Pedal:
    """When the sustain pedal is down: float64, shape (n, 2), seconds, in order, apart."""

    intervals: NDArray[np.float64]

    def __post_init__(self) -> None:
        given = np.asarray(self.intervals, np.float64).reshape(-1, 2)
        if not np.isfinite(given).all() or (given[:, 1] < given[:, 0]).any():
            raise ValidationError("pedal intervals must be finite and end after they begin")
        given = given[np.argsort(given[:, 0], kind="stable")]
        first = np.ones(len(given), bool)
        if len(given):
            first[1:] = given[1:, 0] > np.maximum.accumulate(given[:, 1])[:-1]
        ends = (
            np.maximum.reduceat(given[:, 1], np.flatnonzero(first)) if len(given) else given[:, 1]
        )
        joined = np.stack([given[first, 0], ends], axis=1)
        joined.flags.writeable = False
        object.__setattr__(self, "intervals", joined)

    @classmethod
    def none(cls) -> Pedal:
        """Return a pedal that is never used."""
        return cls(np.empty((0, 2)))

    def __len__(self) -> int:
        return len(self.intervals)

    def scaled(self, factor: float) -> Pedal:
        """Return the same pedalling, ``factor`` times as slow."""
        return Pedal(self.intervals * factor)


def repaired(notes: Notes, *, gap: float = 0.0) -> Notes:
    """Return notes of which none begins while another of its pitch sounds.

    The earlier one is cut ``gap`` seconds before the next; of notes that begin together the
    loudest and longest stays.
    """
    order = np.lexsort((notes.offset, notes.velocity, notes.onset, notes.pitch))
    pitch, onset = notes.pitch[order], notes.onset[order]
    again = (pitch[1:] == pitch[:-1]) & (onset[1:] - onset[:-1] < _SHORTEST)
    kept = order[np.append(~again, np.ones(min(1, len(order)), bool))]
    onset, pitch = notes.onset[kept], notes.pitch[kept]
    offset = notes.offset[kept].copy()
    same = pitch[1:] == pitch[:-1]
    offset[:-1] = np.where(same, np.minimum(offset[:-1], onset[1:] - gap), offset[:-1])
    offset = np.maximum(offset, onset + _SHORTEST / 2)
    return Notes(onset, offset, pitch, notes.velocity[kept])


def extended(notes: Notes, pedal: Pedal) -> Notes:
    """Return notes that end when they are no longer heard.

    An offset while the pedal is down moves to its release, or to the next onset of the same
    pitch (Hawthorne et al. 2018, sec. 3).
    """
    notes = repaired(notes)
    offset = notes.offset.copy()
    spans = pedal.intervals
    if len(spans):
        press = np.searchsorted(spans[:, 0], offset, side="right") - 1
        held = (press >= 0) & (offset < spans[press, 1])
        offset[held] = spans[press[held], 1]
    return repaired(Notes(notes.onset, offset, notes.pitch, notes.velocity))
