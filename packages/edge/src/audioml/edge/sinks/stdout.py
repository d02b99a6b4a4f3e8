"""Records on standard output: JSON for programs, a short line for people."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audioml.core.cli.output import is_terminal
from audioml.core.errors import UsageError
from audioml.core.files import shown

from .lines import encodable, line

if TYPE_CHECKING:
    from .base import Event

__all__ = ["Stdout", "sentence"]

_TOP = 3


class Stdout:
    """Writes one line for each record.

    On a terminal those of windows are left out where there are those of files.

    Parameters
    ----------
    to
        Nothing: standard output is where it is.
    folder
        Not used.

    Raises
    ------
    UsageError
        If ``to`` is given.
    """

    def __init__(self, to: str | None = None, *, folder: Path | None = None) -> None:
        if to:
            raise UsageError(f"standard output is where it is, got {to!r}; say just stdout")
        self._files = False  # whether a record of a file came
        self._begun: set[str] = set()  # ids of a batch that failed half-way
        self._rest = b""  # what of it is still to be written

    def deliver(self, events: Sequence[Event], /) -> None:
        """Write the events.

        A batch that is offered again is gone on with where it stopped.

        Raises
        ------
        BrokenPipeError
            If nobody reads any more.
        OSError
            If they cannot be written, as on a full disk.
        """
        new = [event for event in events if event.id not in self._begun]
        text = "".join(map(self._short if is_terminal() else _json, new))
        self._rest += text.encode(errors="backslashreplace")
        self._begun |= {event.id for event in new}
        self._write()
        self._begun.clear()

    def close(self) -> None:
        """Do nothing: standard output stays open."""

    def _short(self, event: Event) -> str:
        self._files |= event.data.get("kind") == "file"
        if self._files and event.data.get("kind") == "window":
            return ""
        return sentence(event.data) + "\n"

    def _write(self) -> None:
        """Write past every buffer, which would keep what it could not write."""
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        sys.stdout.flush()
        raw = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
        while self._rest:
            count = raw.write(self._rest)
            if not count:
                raise BlockingIOError(errno.EAGAIN, "standard output takes no more for now")
            self._rest = self._rest[count:]


def _json(event: Event) -> str:
    return line(event) + "\n"


def sentence(data: Mapping[str, Any]) -> str:
    """Return a record as one line for people, without its end."""
    parts = [shown(encodable(str(data.get("name", "")))).ljust(30)]
    if "status" in data:
        parts.append(str(data["status"]).ljust(9))
    if data.get("duration") is not None:
        parts.append(f"{data['duration']:7.1f} s")
    if data.get("t_start") is not None:
        parts.append(f"{data['t_start']:7.2f} s")
    parts += [shown(str(data[name])) for name in ("reason", "value") if data.get(name) is not None]
    parts += _highest(data.get("scores") or {})
    return "  ".join([*parts, *data.get("flags", ())]).rstrip()


def _highest(scores: Mapping[str, float | None]) -> list[str]:
    known = [(value, label) for label, value in scores.items() if value is not None]
    share = all(0 <= value <= 1 for value, _ in known)
    best = sorted(known, key=lambda pair: -pair[0])[:_TOP]
    return [f"{shown(n)} {v:.0%}" if share else f"{shown(n)} {v:.3g}" for v, n in best]
