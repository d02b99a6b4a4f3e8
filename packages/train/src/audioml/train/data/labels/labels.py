"""Labels of one recording, or of a window of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audioml.core.errors import ValidationError

__all__ = ["Labels"]


def _none(width: int) -> NDArray[np.float64]:
    return np.empty((0, width))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is known of a recording; times are in seconds.

    Parameters
    ----------
    notes
        float64, shape (n, 4): onset, offset, pitch as MIDI number, velocity 0 to 127; in the
        order of the onsets.
    pedal
        float64, shape (n, 2): when the sustain pedal is down.
    segments
        float64, shape (n, 2): start and end of stretches, or of instants where both are equal.
    texts, namespaces
        What each segment says, and what kind of thing it says, such as ``chord``.
    classes
        Of the recording as a whole.
    values
        Numbers of the recording as a whole.

    Raises
    ------
    ValidationError
        If a time is not finite, something ends before it begins, or a shape is not as above.
    """

    notes: NDArray[np.float64] = field(default_factory=lambda: _none(4))
    pedal: NDArray[np.float64] = field(default_factory=lambda: _none(2))
    segments: NDArray[np.float64] = field(default_factory=lambda: _none(2))
    texts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.segments) == len(self.texts) == len(self.namespaces):
            raise ValidationError(
                f"{len(self.segments)} segments need as many texts and namespaces, got "
                f"{len(self.texts)} and {len(self.namespaces)}"
            )
        for name, width in (("notes", 4), ("pedal", 2), ("segments", 2)):
            table = np.asarray(getattr(self, name), np.float64).reshape(-1, width)
            _check(name, table)
            object.__setattr__(self, name, table)

    @classmethod
    def of(
        cls,
        *,
        notes: ArrayLike = (),
        pedal: ArrayLike = (),
        segments: Iterable[tuple[float, float, str, str]] = (),
        classes: Iterable[str] = (),
        values: Iterable[float] = (),
    ) -> Labels:
        """Return labels from rows in any order; a segment is start, end, text and namespace."""
        table = np.asarray(notes, np.float64).reshape(-1, 4)
        spans = sorted(segments, key=lambda row: row[:2])
        return cls(
            table[np.lexsort((table[:, 2], table[:, 0]))],
            np.sort(np.asarray(pedal, np.float64).reshape(-1, 2), axis=0),
            np.array([row[:2] for row in spans], np.float64).reshape(-1, 2),
            tuple(row[2] for row in spans),
            tuple(row[3] for row in spans),
            tuple(classes),
            tuple(values),
        )

    @property
    def end(self) -> float:
        """Return the time of the last thing that is labelled, 0 where there is nothing."""
        tables = (self.notes, self.pedal, self.segments)
        return max(float(table[:, 1].max(initial=0.0)) for table in tables)

    @property
    def onsets(self) -> NDArray[np.float64]:
        """Return when something begins: the notes, or else the segments."""
        onsets: NDArray[np.float64] = (self.notes if len(self.notes) else self.segments)[:, 0]
        return onsets

    def shifted(self, seconds: float) -> Labels:
        """Return the same labels, later by ``seconds``."""
        notes = self.notes.copy()
        notes[:, :2] += seconds
        return replace(
            self, notes=notes, pedal=self.pedal + seconds, segments=self.segments + seconds
        )

    def window(self, start: float, stop: float) -> Labels:
        """Return what sounds in a stretch of time, its times counted from the stretch's start.

        Nothing is clipped: a note that began before has a negative onset.
        """
        spans, where = _within(self.segments, start, stop)
        pedal, _ = _within(self.pedal, start, stop)
        notes, _ = _within(self.notes, start, stop)
        return replace(
            self,
            notes=notes,
            pedal=pedal,
            segments=spans,
            texts=tuple(self.texts[i] for i in where),
            namespaces=tuple(self.namespaces[i] for i in where),
        )

    def joined(self, other: Labels | None) -> Labels:
        """Return these labels and what another source says of the same recording."""
        if other is None:
            return self
        spans = [
            (*each.segments[i].tolist(), each.texts[i], each.namespaces[i])
            for each in (self, other)
            for i in range(len(each.segments))
        ]
        return Labels.of(
            notes=np.concatenate([self.notes, other.notes]),
            pedal=np.concatenate([self.pedal, other.pedal]),
            segments=spans,
            classes=dict.fromkeys([*self.classes, *other.classes]),
            values=(*self.values, *other.values),
        )


def _within(
    table: NDArray[np.float64], start: float, stop: float
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return the rows that are heard between two times, counted from the first, and which."""
    last = int(np.searchsorted(table[:, 0], stop))
    begins, ends = table[:last, 0], table[:last, 1]
    where = np.flatnonzero((ends > start) | (begins >= start))
    found = table[where]  # a copy
    found[:, :2] -= start
    return found, where


def _check(name: str, table: NDArray[np.float64]) -> None:
    if not np.isfinite(table).all():
        raise ValidationError(f"{name} must be finite numbers")
    if (wrong := table[:, 1] < table[:, 0]).any():
        start, end = table[int(np.argmax(wrong)), :2]
        raise ValidationError(f"something in {name} begins at {start:g} s and ends at {end:g} s")
