"""Records as rows of a table, one column for each label."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audioml.core.errors import OutputError
from audioml.core.files import shown

from .append import AppendFile
from .lines import encodable, placed

if TYPE_CHECKING:
    from .base import Event

__all__ = ["COLUMNS", "Csv"]

COLUMNS = ("id", "kind", "name", "time", "t_start", "t_end", "status", "flags", "value")
"""The columns before those of the labels; ``value`` is an event's, or why an input is bad."""

_ID = re.compile(rb'^("(?:[^"\n]|"")*"|[^",\n]*),', re.MULTILINE)
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r"})


class Csv:
    r"""Appends one row for each record, each once.

    A line end within a value is written as ``\n`` or ``\r`` and a backslash as ``\\``, so that
    every row is one line. The labels are those of the first records that have scores.

    Parameters
    ----------
    to
        The file; ``results.csv`` in ``folder`` if None.
    folder
        Where a relative ``to`` begins.
    labels
        The labels that get a column, as a list or with commas between them. To be given where
        records hold only the highest scores, for their labels differ.
    """

    def __init__(
        self, to: str | None = None, *, folder: Path, labels: str | Sequence[str] = ()
    ) -> None:
        self._file = AppendFile(placed(to, folder, "results.csv"), _ID)
        given = labels.split(",") if isinstance(labels, str) and labels else labels
        self._given = [_column(label) for label in given]
        self._columns: list[str] | None = None  # of labels in the file; None while it is empty

    def deliver(self, events: Sequence[Event], /) -> None:
        """Append the events that the end of the file does not hold yet; they are then synced.

        Raises
        ------
        OutputError
            If the file cannot be written, when it is as it was, or its columns are others.
        """
        needed = list(dict.fromkeys(_column(n) for e in events for n in _scores(e)))
        columns = self._fitted(needed)
        rows = ((_row([_safe(e.id)])[:-1], _row(_cells(e, columns))) for e in events)
        self._file.append(rows, head=_row([*COLUMNS, *columns]))
        self._columns = columns

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _fitted(self, needed: list[str]) -> list[str]:
        """Return the columns of labels, those of the file or those that it will get."""
        if self._file.ready():
            self._columns = self._read()
        columns = self._columns or self._given or needed
        if others := [name for name in needed if name not in columns]:
            raise self._misfit(f"a column {others[0]!r}", f"those of {', '.join(columns)}")
        if self._columns == [] and columns:  # until now nothing had scores
            self._file.pad(_row([*COLUMNS, *columns]), b"," * len(columns))
            self._columns = columns
        return columns

    def _read(self) -> list[str] | None:
        head = self._file.first().decode(errors="replace")
        if not head:
            return None
        found = next(csv.reader([head]), [])
        if tuple(found[: len(COLUMNS)]) != COLUMNS:
            raise self._misfit(f"the columns {', '.join(COLUMNS)}", ", ".join(found))
        return found[len(COLUMNS) :]

    def _misfit(self, expected: str, found: str) -> OutputError:
        return OutputError(
            f"{shown(self._file.path)} must have {expected}, but has {found}; name another file"
        )


def _column(label: str) -> str:
    """Return the heading of a label, which may be called as one of the other columns."""
    return _safe(f"score {label}" if label in COLUMNS else label)


def _scores(event: Event) -> Mapping[str, Any]:
    found = event.data.get("scores")
    return found if isinstance(found, Mapping) else {}


def _cells(event: Event, columns: Iterable[str]) -> list[Any]:
    data = event.data
    scores = {_column(label): score for label, score in _scores(event).items()}
    flags, value = " ".join(data.get("flags") or ()), data.get("value", data.get("reason"))
    fixed = [event.id, *(data.get(name) for name in COLUMNS[1:-2]), flags, value]
    safe = (_safe(cell) if isinstance(cell, str) else cell for cell in fixed)
    return [*safe, *(scores.get(name) for name in columns)]


def _safe(text: str) -> str:
    return encodable(text).translate(_ESCAPES)


def _row(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
