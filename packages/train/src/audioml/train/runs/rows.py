"""A run as rows of the ledger's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert

from .manifest import Manifest
from .plain import flat
from .tables import metrics, runs, settings

__all__ = ["put", "remove"]

_LONGEST = 255  # characters of a name; see `tables`


def put(connection: Connection, manifest: Manifest, folder: str) -> None:
    """Write a run in the place of what was known of it; ``folder`` as the ledger keeps it."""
    remove(connection, manifest.id)
    connection.execute(insert(runs).values(_row(manifest, folder)))
    measured = [
        {"run": manifest.id, "name": name[:_LONGEST], "value": value}
        for name, value in manifest.metrics.items()
    ]
    given = [_setting(manifest.id, name, value) for name, value in flat(manifest.config)]
    for table, rows in ((metrics, measured), (settings, given)):
        unique = {row["name"]: row for row in rows}
        if unique:
            connection.execute(insert(table), list(unique.values()))


def remove(connection: Connection, name: str) -> None:
    """Remove a run, if it is there."""
    for table in (metrics, settings):
        connection.execute(delete(table).where(table.c.run == name))
    connection.execute(delete(runs).where(runs.c.id == name))


def _row(manifest: Manifest, folder: str) -> dict[str, Any]:
    state: Mapping[str, Any] = manifest.git or {}
    return {
        "id": manifest.id,
        "task": manifest.task[:_LONGEST],
        "status": manifest.status,
        "started": manifest.started,
        "ended": manifest.ended,
        "seconds": manifest.seconds,
        "error": manifest.error,
        "model": manifest.model,
        "commit": state.get("commit"),
        "branch": state.get("branch"),
        "dirty": state.get("dirty"),
        "folder": folder,
        "manifest": manifest.to_json(),
    }


def _setting(run: str, name: str, value: Any) -> dict[str, Any]:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if isinstance(value, bool):
        value = "true" if value else "false"
    text = None if value is None else str(value)
    return {"run": run, "name": name[:_LONGEST], "text": text, "number": number}
