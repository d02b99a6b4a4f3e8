"""Records as rows of an SQLite database."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audioml.core.errors import OutputError
from audioml.core.files import shown, writing

from .lines import encodable, line, placed

if TYPE_CHECKING:
    from .base import Event

__all__ = ["Sqlite"]

_COLUMNS = ("kind", "name", "time", "t_start", "t_end", "status")
_TABLE = """
create table if not exists events (
    id text primary key, kind text, name text, time text,
    t_start real, t_end real, status text, data json
)
"""
_INSERT = "insert or ignore into events values (?, ?, ?, ?, ?, ?, ?, ?)"


class Sqlite:
    """Inserts one row for each record into the table ``events``, each once.

    ``data`` holds the whole record as JSON. Others may read while it is written to.

    Parameters
    ----------
    to
        The database; ``results.sqlite`` in ``folder`` if None.
    folder
        Where a relative ``to`` begins.
    """

    def __init__(self, to: str | None = None, *, folder: Path) -> None:
        self._path = placed(to, folder, "results.sqlite")
        self._database: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._lock = threading.Lock()

    def deliver(self, events: Sequence[Event], /) -> None:
        """Insert the events that are not there yet, all of them or, if that fails, none.

        Raises
        ------
        OutputError
            If the database cannot be written.
        """
        rows = [_row(event) for event in events]
        with self._lock, _telling(self._path):
            database = self._opened()
            with database:  # commits, or rolls back
                database.executemany(_INSERT, rows)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._close()

    def _opened(self) -> sqlite3.Connection:
        if self._database is not None and _identity(self._path) == self._file:
            return self._database
        self._close()  # a file that was moved away is begun anew
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = full")  # wal syncs at checkpoints else
            with database:
                database.execute(_TABLE)
        except BaseException:
            database.close()
            raise
        self._database, self._file = database, _identity(self._path)
        return database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _row(event: Event) -> tuple[Any, ...]:
    cells = [event.id, *(event.data.get(name) for name in _COLUMNS), line(event)]
    return tuple(encodable(cell) if isinstance(cell, str) else cell for cell in cells)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        with writing(shown(path)):
            yield
    except sqlite3.Error as error:
        raise OutputError(f"cannot write {shown(path)}: {error}") from error
