"""The journal: which files were found and what became of them, in SQLite.

A row is a file with one content. Its work may begin more than once, but its output bears a name
that the row had before the work began, and its end is one transaction together with its records
(the outbox), so every file takes effect once.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audioml.core.errors import OutputError
from audioml.core.files import shown

from .names import Namer
from .sinks.base import Event

__all__ = ["JOURNAL", "Finished", "Found", "Journal", "Row"]

JOURNAL = ".journal.sqlite"
"""The journal's name in the folder for results."""
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
_CHUNK = 500


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
    there any more, or had another content), or ``dropped`` (deleted to make room).
    """

    row: Row
    state: str
    status: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    seconds: float = 0.0
    duration: float = 0.0
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)


class Journal:
    """One journal, used by one thread; by several, one at a time, if it is ``shared``.

    Parameters
    ----------
    path
        The file.
    written
        Whether an output of a name is there already, which none is then given again.
    shared
        Whether several threads use it.

    Raises
    ------
    OutputError
        If the file cannot be opened, or is not a journal.
    """

    def __init__(
        self,
        path: Path,
        written: Callable[[str], bool] = lambda _output: False,
        *,
        shared: bool = False,
    ) -> None:
        self.path, self._written = path, written
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
            version = self._meta("schema", _VERSION)
        except (sqlite3.Error, OSError) as error:
            raise OutputError(f"cannot open the journal {shown(path)}: {error}") from error
        if version != _VERSION:
            raise OutputError(
                f"the journal {shown(path)} is of schema {version}, this audioml knows {_VERSION}"
            )
        self._names: Namer | None = None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, found: Iterable[Found]) -> int:
        """Take up what is not known yet, and return how many that were."""
        count = 0
        chunk: list[Found] = []
        for each in found:
            chunk.append(each)
            if len(chunk) == _CHUNK:
                count += self._add(chunk)
                chunk = []
        return count + (self._add(chunk) if chunk else 0)

    def _add(self, found: list[Found]) -> int:
        keyed = {each.key: each for each in found}
        marks = ",".join("?" * len(keyed))
        query = f"SELECT key, state FROM files WHERE key IN ({marks})"  # noqa: S608 - question marks
        returned = []
        with _as_os_error():
            for key, state in self._db.execute(query, list(keyed)):
                known = keyed.pop(key)
                if state == "gone":
                    returned.append(known)
        if not keyed and not returned:
            return 0
        if self._names is None:
            self._names = Namer(self._taken)
        now = time.time()
        with self._transaction():
            for key, each in keyed.items():
                output = os.fsencode(self._names.name(each.path))
                row = (key, os.fsencode(each.path), each.size, each.mtime_ns, output, now)
                self._db.execute(
                    "INSERT INTO files (key, path, size, mtime_ns, output, added) "
                    "VALUES (?,?,?,?,?,?)",
                    row,
                )
            back = "UPDATE files SET state = 'new', tries = 0, output = ? WHERE key = ?"
            for each in returned:
                output = os.fsencode(self._names.name(each.path))
                self._db.execute(back, (output, each.key))
        return len(keyed) + len(returned)

    def _taken(self, output: str) -> bool:
        query = "SELECT 1 FROM files WHERE output = ?"
        known = self._db.execute(query, [os.fsencode(output)]).fetchone()
        return known is not None or self._written(output)

    def waiting(self, limit: int, *, newest: bool = False, skip: Iterable[int] = ()) -> list[Row]:
        """Return files to be worked on, the oldest first, or the newest."""
        order = "DESC" if newest else "ASC"
        skipped = ",".join(str(int(each)) for each in skip)
        wanted = f"state = 'new' AND disposed = 0 AND id NOT IN ({skipped})"
        return self._rows(f"{wanted} ORDER BY mtime_ns {order}, id LIMIT ?", limit)

    def _rows(self, where: str, *values: Any) -> list[Row]:
        columns = "id, key, path, size, mtime_ns, output, tries"
        with _as_os_error():
            query = f"SELECT {columns} FROM files WHERE {where}"  # noqa: S608 - written here
            rows = self._db.execute(query, values).fetchall()
        return [
            Row(number, Found(os.fsdecode(path), size, mtime), key, os.fsdecode(output), tries)
            for number, key, path, size, mtime, output, tries in rows
        ]

    def backlog(self) -> int:
        """Return how many files wait."""
        with _as_os_error():
            query = "SELECT count(*) FROM files WHERE state = 'new'"
            return int(self._db.execute(query).fetchone()[0])

    def hold(self, row: Row | None) -> None:
        """Note which file is in hand, so that one that ends the process is found out."""
        self.note("in_hand", row.id if row else 0)

    def in_hand(self) -> Row | None:
        """Return the file that was in hand when the process ended, if it is not finished."""
        rows = self._rows("state = 'new' AND id = ?", self._meta("in_hand", 0))
        return rows[0] if rows else None

    def kept(self, limit: int = -1) -> list[Row]:
        """Return files that are analysed, whole and still there, the oldest first."""
        whole = "state = 'done' AND disposed = 0 AND status = 'ok'"
        return self._rows(f"{whole} ORDER BY mtime_ns, id LIMIT ?", limit)

    def prune(
        self, gone: Callable[[Row], bool], *, before: float, after: int = 0, limit: int = 1000
    ) -> int:
        """Forget files that came to their end ``before`` a time and that are ``gone`` from disk.

        The time is in seconds since 1970. Looks at ``limit`` rows whose numbers are above
        ``after``, and returns the last of these numbers, or 0 where there are no more.
        """
        rows = self._rows("id > ? ORDER BY id LIMIT ?", after, limit)
        ended = "id = ? AND state IN ('done', 'gone', 'dropped') AND finished < ?"
        old = [(row.id, before) for row in rows if gone(row)]
        with self._transaction():
            self._db.executemany(f"DELETE FROM files WHERE {ended}", old)  # noqa: S608
        return rows[-1].id if len(rows) == limit else 0

    def dispose(self, rows: Iterable[Row]) -> None:
        """Note that the audio of files is deleted or archived."""
        with self._transaction():
            self._db.executemany(
                "UPDATE files SET disposed = 1 WHERE id = ?", [(row.id,) for row in rows]
            )

    def retry(self, path: str | None = None) -> int:
        """Let what was given up be tried again: one file or all; return how many that are."""
        return self._change("UPDATE files SET state = 'new', tries = 0 WHERE state = 'bad'", path)

    def forget(self, path: str) -> int:
        """Forget a file, which is then new if it is found again; return how many rows that were."""
        return self._change("DELETE FROM files WHERE 1", path)

    def _change(self, statement: str, path: str | None) -> int:
        values = [] if path is None else [os.fsencode(path)]
        with self._transaction():
            return self._db.execute(
                statement + ("" if path is None else " AND path = ?"), values
            ).rowcount

    def finish(self, finished: Sequence[Finished]) -> None:
        """Write what became of files, with their records, in one transaction that is synced."""
        now = time.time()
        with self._synced(), self._transaction():
            for each in finished:
                tries = each.row.tries + (each.state in ("bad", "new"))
                self._db.execute(
                    "UPDATE files SET state=?, status=?, reason=?, flags=?, seconds=?, duration=?, "
                    "finished=?, tries=? WHERE id=?",
                    (
                        *(each.state, each.status, each.reason, " ".join(each.flags)),
                        *(each.seconds, each.duration, now, tries, each.row.id),
                    ),
                )
                if each.state == "gone":  # its name is free again
                    name = b"\0%d" % each.row.id
                    self._db.execute("UPDATE files SET output=? WHERE id=?", (name, each.row.id))
                for sink, events in each.events.items():
                    self._db.executemany(
                        "INSERT OR IGNORE INTO outbox (sink, id, data) VALUES (?,?,?)",
                        [(sink, event.id, _text(event.data)) for event in events],
                    )
            self._note("in_hand", 0)

    def send(self, sink: str, events: Sequence[Event]) -> None:
        """Put records into the outbox that belong to no file."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO outbox (sink, id, data) VALUES (?,?,?)",
                [(sink, event.id, _text(event.data)) for event in events],
            )

    def unsent(self) -> dict[str, int]:
        """Return how many records wait for each sink."""
        with _as_os_error():
            return dict(self._db.execute("SELECT sink, count(*) FROM outbox GROUP BY sink"))

    def trim(self, sink: str, limit: int) -> int:
        """Drop the oldest records for a sink but ``limit``; return how many that were."""
        newest = "SELECT seq FROM outbox WHERE sink = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
        with self._transaction():
            return self._db.execute(
                f"DELETE FROM outbox WHERE sink = ? AND seq <= ({newest})",  # noqa: S608
                (sink, sink, limit),
            ).rowcount

    def outbox(self, sink: str, limit: int) -> list[tuple[int, Event]]:
        """Return the records that a sink has not taken, in order, each with its number."""
        query = "SELECT seq, id, data FROM outbox WHERE sink = ? ORDER BY seq LIMIT ?"
        rows = self._db.execute(query, (sink, limit))
        return [(seq, Event(name, json.loads(data))) for seq, name, data in rows]

    def taken(self, numbers: Sequence[int]) -> None:
        """Forget records that a sink has taken."""
        with self._transaction():
            self._db.executemany("DELETE FROM outbox WHERE seq = ?", [(n,) for n in numbers])
        with _as_os_error():
            self._db.execute("PRAGMA incremental_vacuum(64)").fetchall()

    def analysed(self) -> bool:
        """Return whether any file was."""
        return bool(self._rows("state = 'done' LIMIT 1"))

    def given_up(self) -> int:
        """Return how many files were given up."""
        with _as_os_error():
            query = "SELECT count(*) FROM files WHERE state = 'bad'"
            return int(self._db.execute(query).fetchone()[0])

    def told(self, name: str) -> Any:
        """Return a value that was noted, or None."""
        with _as_os_error():
            return self._meta(name, None)

    def note(self, name: str, value: Any) -> None:
        """Keep a value, for `status` and for the next start."""
        with _as_os_error():
            self._note(name, value)

    def _note(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, json.dumps(value)))

    def _meta(self, name: str, default: Any) -> Any:
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        if found is None:
            self._note(name, default)
            return default
        return json.loads(found[0])

    @contextlib.contextmanager
    def _synced(self) -> Iterator[None]:
        """Let transactions last through a power cut, which costs a sync each."""
        self._db.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            self._db.execute("PRAGMA synchronous=NORMAL")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with _as_os_error():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """A disk that is full or away is one failure, whoever notices it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = errno.ENOSPC if "full" in str(error) else errno.EIO
        raise OSError(code, f"the journal: {error}") from error


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
