"""What the journal says of how things stand; reads it only, beside a watcher that runs."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from audioml.core.errors import NotFoundError
from audioml.core.files import shown

from .lock import LOCK, is_locked

__all__ = ["Failure", "Status", "status"]

_RATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was given up, or whose last try failed."""

    path: str
    state: str
    tries: int
    reason: str
    finished: float


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand; times in seconds since 1970, ages and rates in seconds.

    ``counts`` has the number of files by state: ``new`` ones wait, ``bad`` ones were given up.
    ``rate`` is files a second over the last minute; ``oldest`` the age of what waits longest;
    ``outbox`` the number of records that a sink has not taken, by its name; ``running`` whether a
    watcher runs, and ``watcher`` what it last said of itself.
    """

    counts: dict[str, int]
    rate: float
    oldest: float | None
    failures: list[Failure]
    outbox: dict[str, int]
    running: bool
    watcher: dict[str, Any]


def status(journal: Path, *, failures: int = 5) -> Status:
    """Return how things stand.

    Raises
    ------
    NotFoundError
        If there is no journal, or it cannot be read.
    """
    if not journal.is_file():
        raise NotFoundError(f"no journal at {shown(journal)}; nothing was watched into this folder")
    try:
        place = f"file:{quote(os.fsencode(journal.absolute()))}?mode=ro"
        db = sqlite3.connect(place, uri=True, timeout=10.0)
        with db:
            return _read(db, failures, running=is_locked(journal.with_name(LOCK)))
    except sqlite3.Error as error:
        raise NotFoundError(f"the journal {shown(journal)} cannot be read: {error}") from error


def _read(db: sqlite3.Connection, failures: int, *, running: bool) -> Status:
    now = time.time()
    counts = dict(db.execute("SELECT state, count(*) FROM files GROUP BY state"))
    since = now - _RATE_SECONDS
    (recent,) = db.execute(
        "SELECT count(*) FROM files WHERE state = 'done' AND finished > ?", [since]
    ).fetchone()
    (first,) = db.execute("SELECT min(added) FROM files WHERE state = 'new'").fetchone()
    failed = db.execute(
        "SELECT path, state, tries, reason, finished FROM files WHERE state = 'bad' "
        "OR (state = 'new' AND tries > 0) ORDER BY finished DESC LIMIT ?",
        [failures],
    )
    said = db.execute("SELECT value FROM meta WHERE name = 'watcher'").fetchone()
    return Status(
        counts=counts,
        rate=recent / _RATE_SECONDS,
        oldest=None if first is None else now - first,
        failures=[Failure(os.fsdecode(path), *rest) for path, *rest in failed],
        outbox=dict(db.execute("SELECT sink, count(*) FROM outbox GROUP BY sink")),
        running=running,
        watcher=json.loads(said[0]) if said else {},
    )
