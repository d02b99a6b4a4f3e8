"""Targets that many tasks share; a task's own is any callable that takes a `Window`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import UsageError, ValidationError

from .prepared import Prepared
from .windows import Targets, Window

__all__ = ["ClassIndex", "MultiHot", "PianoRoll", "Values", "targets_of"]


@dataclass(frozen=True, slots=True)
class ClassIndex:
    """The place of the recording's class among ``names``: int64, shape ()."""

    names: tuple[str, ...]

    def __call__(self, window: Window, /) -> NDArray[np.int64]:
        """Return the target of a window."""
        found = window.labels.classes
        if len(found) != 1:
            raise ValidationError(
                f"expected one class for each recording, got {list(found)}; use 'multi' for several"
            )
        return np.asarray(_place(self.names, found[0]), np.int64)


@dataclass(frozen=True, slots=True)
class MultiHot:
    """Which of ``names`` the recording has: float32, shape (names,)."""

    names: tuple[str, ...]

    def __call__(self, window: Window, /) -> NDArray[np.float32]:
        """Return the target of a window."""
        target = np.zeros(len(self.names), np.float32)
        for name in window.labels.classes:
            target[_place(self.names, name)] = 1
        return target


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers of the recording: float32, shape (values,)."""

    def __call__(self, window: Window, /) -> NDArray[np.float32]:
        """Return the target of a window."""
        if not window.labels.values:
            raise ValidationError("expected numbers for each recording, but one has none")
        return np.array(window.labels.values, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class PianoRoll:
    """Which notes sound, and which begin, at each frame.

    ``frames`` and ``onsets``: float32, shape (frames, pitches); a note's first frame is the one
    that its onset is nearest to.
    """

    hop: float = 0.01
    lowest: int = 21
    highest: int = 108

    def __call__(self, window: Window, /) -> dict[str, NDArray[np.float32]]:
        """Return the targets of a window."""
        count = round(window.seconds / self.hop)
        shape = (count + 1, self.highest - self.lowest + 1)
        frames, onsets = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        notes = window.labels.notes
        pitch = np.rint(notes[:, 2]).astype(np.int64) - self.lowest
        known = (pitch >= 0) & (pitch < shape[1])
        first = np.rint(notes[known, 0] / self.hop).astype(np.int64)
        last = np.maximum(np.rint(notes[known, 1] / self.hop).astype(np.int64), first)
        column = pitch[known]
        inside = (first >= 0) & (first < count)
        onsets[first[inside], column[inside]] = 1
        # a sum of steps up and down: no loop over the notes
        np.add.at(frames, (np.clip(first, 0, count), column), 1)
        np.add.at(frames, (np.clip(last, 0, count), column), -1)
        frames = np.cumsum(frames, axis=0)
        frames = (np.maximum(frames, onsets) > 0).astype(np.float32)
        return {"frames": frames[:count], "onsets": onsets[:count]}


def _place(names: Sequence[str], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise ValidationError(f"class {name!r} is not one of {', '.join(names)}") from None


def targets_of(given: Any, prepared: Prepared) -> Targets | None:
    """Return targets: a callable as it is, or those that ``class``, ``multi``, ``value`` name.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if given is None or callable(given):
        found: Targets | None = given
        return found
    if given == "class":
        return ClassIndex(prepared.classes)
    if given == "multi":
        return MultiHot(prepared.classes)
    if given == "value":
        return Values()
    raise UsageError(
        f"'targets' must be 'class', 'multi', 'value', None or a callable, got {given!r}"
    )
