"""The journal: which files were found and what became of them.

A row is a file with one content. Its work may begin more than once, but its output bears a name
that the row had before the work began, and its end is one transaction together with its records
(the outbox), so every file takes effect once.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .database import Database
from .names import Namer
from .outbox import Outbox
from .rows import Finished, Found, Row

__all__ = ["Journal"]

_CHUNK = 500


class Journal:
    """The files.

    Parameters
    ----------
    database
        Where they are kept.
    written
        Whether an output of a name is there already, which none is then given again.
    """

    def __init__(
        self, database: Database, written: Callable[[str], bool] = lambda _output: False
    ) -> None:
        self._db, self._written = database, written
        self._outbox = Outbox(database)
        self._names = Namer(self._taken)

    def add(self, found: Iterable[Found]) -> int:
        """Take up what is not known yet, and return how many that were."""
        count, rest = 0, iter(found)
        while chunk := list(itertools.islice(rest, _CHUNK)):
            count += self._add({each.key: each for each in chunk})
        return count

    def _add(self, found: dict[str, Found]) -> int:
        marks = ",".join("?" * len(found))
        query = f"SELECT key, state FROM files WHERE key IN ({marks})"  # noqa: S608 - question marks
        known = dict(self._db.all(query, list(found)))
        back = [each for key, each in found.items() if known.get(key) == "gone"]
        new = [each for key, each in found.items() if key not in known]
        if not new and not back:
            return 0
        with self._db.transaction():
            for each in new:
                self._insert(each)
            for each in back:
                self._db.change(
                    "UPDATE files SET state = 'new', tries = 0, output = ? WHERE key = ?",
                    (self._name(each), each.key),
                )
        return len(new) + len(back)

    def _insert(self, found: Found) -> None:
        path, name = os.fsencode(found.path), self._name(found)
        row = (found.key, path, found.size, found.mtime_ns, name, time.time())
        columns = "key, path, size, mtime_ns, output, added"
        statement = f"INSERT INTO files ({columns}) VALUES (?,?,?,?,?,?)"  # noqa: S608
        self._db.change(statement, row)

    def _name(self, found: Found) -> bytes:
        return os.fsencode(self._names.name(found.path))

    def _taken(self, output: str) -> bool:
        query = "SELECT 1 FROM files WHERE output = ?"
        return self._db.one(query, [os.fsencode(output)]) is not None or self._written(output)

    def _rows(self, where: str, *values: Any) -> list[Row]:
        columns = "id, key, path, size, mtime_ns, output, tries"
        query = f"SELECT {columns} FROM files WHERE {where}"  # noqa: S608 - written here
        return [
            Row(number, Found(os.fsdecode(path), size, mtime), key, os.fsdecode(output), tries)
            for number, key, path, size, mtime, output, tries in self._db.all(query, values)
        ]

    def waiting(self, limit: int, *, newest: bool = False, skip: Iterable[int] = ()) -> list[Row]:
        """Return files to be worked on, the oldest first, or the newest."""
        order = "DESC" if newest else "ASC"
        skipped = ",".join(str(int(each)) for each in skip)
        wanted = f"state = 'new' AND disposed = 0 AND id NOT IN ({skipped})"
        return self._rows(f"{wanted} ORDER BY mtime_ns {order}, id LIMIT ?", limit)

    def count(self, state: str) -> int:
        """Return how many files are in a state: ``new`` ones wait, ``bad`` ones were given up."""
        return int(self._db.one("SELECT count(*) FROM files WHERE state = ?", [state]))

    def hold(self, row: Row | None) -> None:
        """Note which file is in hand, so that one that ends the process is found out."""
        self._db.note("in_hand", row.id if row else 0)

    def in_hand(self) -> Row | None:
        """Return the file that was in hand when the process ended, if it is not finished."""
        rows = self._rows("state = 'new' AND id = ?", self._db.told("in_hand") or 0)
        return rows[0] if rows else None

    def finish(self, finished: Sequence[Finished]) -> None:
        """Write what became of files, with their records, in one transaction that is synced."""
        with self._db.transaction(synced=True):
            for each in finished:
                self._finish(each)
                self._outbox.put(each.events)
            self.hold(None)

    def _finish(self, each: Finished) -> None:
        told = (each.state, each.status, each.reason, " ".join(each.flags))
        times = (each.seconds, each.duration, time.time())
        tries = each.row.tries + (each.state in ("bad", "new"))
        self._db.change(
            "UPDATE files SET state=?, status=?, reason=?, flags=?, seconds=?, duration=?, "
            "finished=?, tries=? WHERE id=?",
            (*told, *times, tries, each.row.id),
        )
        if each.state == "gone":  # its name is free again
            name = b"\0%d" % each.row.id
            self._db.change("UPDATE files SET output=? WHERE id=?", (name, each.row.id))

    def kept(self, limit: int = -1) -> list[Row]:
        """Return files that are analysed, whole and still there, the oldest first."""
        whole = "state = 'done' AND disposed = 0 AND status = 'ok'"
        return self._rows(f"{whole} ORDER BY mtime_ns, id LIMIT ?", limit)

    def dispose(self, rows: Iterable[Row]) -> None:
        """Note that the audio of files is deleted or archived."""
        with self._db.transaction():
            self._db.change_many(
                "UPDATE files SET disposed = 1 WHERE id = ?", [(row.id,) for row in rows]
            )

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
        with self._db.transaction():
            self._db.change_many(f"DELETE FROM files WHERE {ended}", old)  # noqa: S608
        return rows[-1].id if len(rows) == limit else 0

    def retry(self, path: str | None = None) -> int:
        """Let what was given up be tried again: one file or all; return how many that are."""
        return self._change("UPDATE files SET state = 'new', tries = 0 WHERE state = 'bad'", path)

    def forget(self, path: str) -> int:
        """Forget a file, which is then new if it is found again; return how many rows that were."""
        return self._change("DELETE FROM files WHERE 1", path)

    def _change(self, statement: str, path: str | None) -> int:
        one = "" if path is None else " AND path = ?"
        with self._db.transaction():
            return self._db.change(statement + one, [] if path is None else [os.fsencode(path)])
