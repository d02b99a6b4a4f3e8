"""The SQLite file that journal and outbox share, and with it their transactions."""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from audioml.core.errors import OutputError
from audioml.core.files import shown

__all__ = ["JOURNAL", "Database"]

JOURNAL = ".journal.sqlite"
"""The file's name in the folder for results."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, path BLOB NOT NULL, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, output BLOB NOT NULL UNIQUE, state TEXT NOT NULL DEFAULT 'new',
  tries INTEGER NOT NULL DEFAULT 0, status TEXT, reason TEXT, flags TEXT, seconds REAL,
  duration REAL, added REAL NOT NULL, finished REAL, disposed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS by_state ON files (state, disposed, mtime_ns);
CREATE INDEX IF NOT EXISTS paths ON files (path);
CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
  UNIQUE (sink, id));
CREATE INDEX IF NOT EXISTS in_order ON outbox (sink, seq);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_VERSION = 1


class Database:
    """An open file, used by one thread; by several, one at a time, if it is ``shared``.

    What SQLite fails at because the disk is full or away is an OSError, as with any other file.

    Raises
    ------
    OutputError
        If the file cannot be opened, or is none of ours.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=not shared
            )
            self._db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # heeded where the file is new
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA cache_size=-2000")
            self._db.execute("PRAGMA wal_autocheckpoint=256")  # pages: a log of 1 MB
            self._db.executescript(_SCHEMA)
            version = self.told("schema")
            if version is None:
                self.note("schema", _VERSION)
        except (sqlite3.Error, OSError) as error:
            raise OutputError(f"cannot open the journal {shown(path)}: {error}") from error
        if version not in (None, _VERSION):
            raise OutputError(
                f"the journal {shown(path)} is of schema {version}, this audioml knows {_VERSION}"
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        with _as_os_error():
            return self._db.execute(query, values).fetchall()

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return the first value of the first row, or None."""
        rows = self.all(query, values)
        return rows[0][0] if rows else None

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Change rows, within a transaction; return how many were."""
        return self._db.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Change rows once for each of ``values``, within a transaction."""
        self._db.executemany(statement, values)

    @contextlib.contextmanager
    def transaction(self, *, synced: bool = False) -> Iterator[None]:
        """Do all of a block or nothing; ``synced`` lets it last through a power cut."""
        with _as_os_error():
            if synced:
                self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise
            finally:
                if synced:
                    self._db.execute("PRAGMA synchronous=NORMAL")

    def shrink(self) -> None:
        """Give back some of the space that is not used any more."""
        self.all("PRAGMA incremental_vacuum(64)")

    def note(self, name: str, value: Any) -> None:
        """Keep a value under a name."""
        self.all("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, json.dumps(value)))

    def told(self, name: str) -> Any:
        """Return a value that was noted, or None."""
        found = self.one("SELECT value FROM meta WHERE name = ?", [name])
        return None if found is None else json.loads(found)


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """A disk that is full or away is one failure, whoever notices it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = errno.ENOSPC if "full" in str(error) else errno.EIO
        raise OSError(code, f"the journal: {error}") from error
