"""Whether blocks that say when they were taken follow each other, or sound is missing between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audioml.core.errors import AudioError

_HUGE = 1e30  # which infinity, NaN and numbers of hundreds of digits are not below
__all__ = ["Continuity"]

_LEAST = 0.002  # seconds: timestamps are whole milliseconds
_ABSURD = 1e5  # blocks: so far jumps a clock that is set, or one that counts something else
_MILLISECONDS = 1e13  # no clock in milliseconds is beyond it before the year 2286


class Continuity:
    """Follows ``seq`` and ``timestamp`` (in milliseconds) of the chunks of a stream.

    Some clients give the nanoseconds at which they read a chunk, which is no clock of the sound:
    timestamps that jump absurdly far are not believed for the rest of the stream.
    """

    def __init__(self) -> None:
        self._seq: int | None = None
        self._due: float | None = None
        self._believed = True

    def lost(self, data: Mapping[str, Any], seconds: float, /) -> float:
        """Return the seconds that are missing before a chunk of ``seconds``.

        Raises
        ------
        AudioError
            If ``seq`` is not a number, or goes back.
        """
        counted = self._skipped(data.get("seq")) * seconds
        return self._jump(data.get("timestamp"), seconds) or counted

    def _skipped(self, seq: Any) -> int:
        if seq is None:
            return 0
        if isinstance(seq, bool) or not isinstance(seq, int):
            raise AudioError(f"'seq' must be a whole number, got {seq!r}")
        before, self._seq = self._seq, seq
        if before is not None and seq <= before:
            raise AudioError(f"'seq' must count up within a stream, got {seq} after {before}")
        return 0 if before is None else min(seq - before - 1, int(_ABSURD))

    def _jump(self, timestamp: Any, seconds: float) -> float:
        due, self._due = self._due, None
        if not self._believed or not _is_number(timestamp):
            return 0.0
        at = timestamp / 1000
        self._due = at + seconds
        jump = 0.0 if due is None else at - due
        if abs(timestamp) > _MILLISECONDS or jump > _ABSURD * seconds:
            self._believed = False
            return 0.0
        return jump if jump > max(seconds / 2, _LEAST) else 0.0


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < _HUGE
