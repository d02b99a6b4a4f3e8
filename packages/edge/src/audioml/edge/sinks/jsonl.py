"""Records as lines of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .append import AppendFile
from .lines import line, placed

if TYPE_CHECKING:
    from .base import Event

__all__ = ["Jsonl"]

_TEXT = rb'"(?:[^"\\\n]|\\.)*"'
_ID = re.compile(rb'^\{"kind": %b, "id": (%b)' % (_TEXT, _TEXT), re.MULTILINE)


class Jsonl:
    """Appends one line of JSON for each record, each once.

    Parameters
    ----------
    to
        The file; ``results.jsonl`` in ``folder`` if None.
    folder
        Where a relative ``to`` begins.
    """

    def __init__(self, to: str | None = None, *, folder: Path) -> None:
        self._file = AppendFile(placed(to, folder, "results.jsonl"), _ID)

    def deliver(self, events: Sequence[Event], /) -> None:
        """Append the events that the end of the file does not hold yet; they are then synced.

        Raises
        ------
        OutputError
            If the file cannot be written; it is then as it was.
        """
        self._file.append((json.dumps(e.id).encode(), f"{line(e)}\n".encode()) for e in events)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
