"""The two kinds of sinks: those that take events, and those that write a file for each input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ..results import Result

__all__ = ["Event", "EventSink", "FileSink"]


@dataclass(frozen=True, slots=True)
class Event:
    """One record: of an input as a whole, or of one of its windows.

    ``id`` is the same whenever the same input is analysed by the same model, so that a reader can
    drop a repeat. ``data`` is plain: text, numbers, lists and mappings, ready for JSON; ``kind``,
    its first entry, is ``file``, ``window``, ``event`` or ``bad``.
    """

    id: str
    data: Mapping[str, Any]


@runtime_checkable
class EventSink(Protocol):
    """Takes events, in order, one batch at a time.

    A batch is offered again until `deliver` returns, after a crash too, so some of its events may
    have been delivered before: a sink drops such repeats where it can.
    """

    def deliver(self, events: Sequence[Event], /) -> None:
        """Deliver a batch; it is durable, or acknowledged, when this returns.

        Raises
        ------
        OSError
            If that is not possible now; the batch is offered again later.
        """
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


@runtime_checkable
class FileSink(Protocol):
    """Writes one file for each input."""

    suffix: str

    def write(self, result: Result, path: Path, /) -> None:
        """Write the file at ``path``, which is temporary: it is renamed when all is well."""
        ...
