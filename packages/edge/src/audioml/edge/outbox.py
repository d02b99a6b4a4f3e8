"""Records on their way to sinks: they wait here until a sink has taken them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .database import Database
from .sinks.base import Event

__all__ = ["Outbox"]


class Outbox:
    """The records that wait, in the order in which they came, for each sink by its name."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, events: Mapping[str, Sequence[Event]]) -> None:
        """Take records by the name of their sink, within a transaction that others began."""
        for sink, records in events.items():
            self._db.change_many(
                "INSERT OR IGNORE INTO outbox (sink, id, data) VALUES (?,?,?)",
                [(sink, event.id, _text(event.data)) for event in records],
            )

    def send(self, events: Mapping[str, Sequence[Event]]) -> None:
        """Take records by the name of their sink."""
        with self._db.transaction():
            self.put(events)

    def waiting(self, sink: str, limit: int) -> list[tuple[int, Event]]:
        """Return the records that a sink has not taken, in order, each with its number."""
        query = "SELECT seq, id, data FROM outbox WHERE sink = ? ORDER BY seq LIMIT ?"
        rows = self._db.all(query, (sink, limit))
        return [(seq, Event(name, json.loads(data))) for seq, name, data in rows]

    def taken(self, numbers: Sequence[int]) -> None:
        """Forget records that a sink has taken."""
        with self._db.transaction():
            self._db.change_many("DELETE FROM outbox WHERE seq = ?", [(n,) for n in numbers])
        self._db.shrink()

    def unsent(self) -> dict[str, int]:
        """Return how many records wait for each sink."""
        return dict(self._db.all("SELECT sink, count(*) FROM outbox GROUP BY sink"))

    def trim(self, sink: str, limit: int) -> int:
        """Drop the oldest records for a sink but ``limit``; return how many that were."""
        newest = "SELECT seq FROM outbox WHERE sink = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
        statement = f"DELETE FROM outbox WHERE sink = ? AND seq <= ({newest})"  # noqa: S608
        with self._db.transaction():
            return self._db.change(statement, (sink, sink, limit))


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
