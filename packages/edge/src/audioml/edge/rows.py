"""What the journal keeps account of: files that were found, and what became of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .sinks.base import Event

__all__ = ["Finished", "Found", "Row"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was seen: its path within the folder, its size and its time."""

    path: str
    size: int
    mtime_ns: int

    @property
    def key(self) -> str:
        """Return what this content of this file is called."""
        text = os.fsencode(self.path) + f"|{self.size}|{self.mtime_ns}".encode()
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Row:
    """A file that waits. ``output`` is the name of what it becomes, without a suffix."""

    id: int
    found: Found
    key: str
    output: str
    tries: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a file.

    ``state`` is ``done``, ``bad`` (given up), ``new`` (to be tried again), ``gone`` (it was not
    there any more, or had another content), or ``dropped`` (deleted to make room). ``events`` are
    its records, by the name of the sink that they are for.
    """

    row: Row
    state: str
    status: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    seconds: float = 0.0
    duration: float = 0.0
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)
