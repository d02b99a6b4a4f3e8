"""What differs between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .ledger import Run
from .plain import flat

__all__ = ["comparison"]

_MISSING = "-"


def comparison(runs: Sequence[Run], *, everything: bool = False) -> dict[str, Any]:
    """Return runs side by side.

    ``config``, ``code``, ``data`` and ``libraries`` map names to one value for each run, those that
    differ unless ``everything``; a value that a run does not have is ``-``. ``metrics`` has every
    metric, None where a run has none or it was not finite.
    """
    found = [run.manifest for run in runs]
    names = dict.fromkeys(name for manifest in found for name in manifest.metrics)
    return {
        "runs": [
            {
                "id": m.id,
                "task": m.task,
                "status": m.status,
                "started": m.started,
                "seconds": m.seconds,
                "folder": str(run.folder),
            }
            for run, m in zip(runs, found, strict=True)
        ],
        "metrics": {name: [m.metrics.get(name) for m in found] for name in names},
        "config": _beside([dict(flat(m.config)) for m in found], everything=everything),
        "code": _beside([m.git or {} for m in found], everything=everything),
        "data": _beside(
            [{name: about.get("sha256") for name, about in m.data.items()} for m in found],
            everything=everything,
        ),
        "libraries": _beside([m.libraries for m in found], everything=everything),
    }


def _beside(
    values: Sequence[Mapping[str, Any]], *, everything: bool = False
) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for mapping in values for name in mapping)
    rows = {name: [mapping.get(name, _MISSING) for mapping in values] for name in names}
    return {name: row for name, row in rows.items() if everything or _differ(row)}


def _differ(row: list[Any]) -> bool:
    return any(value != row[0] or type(value) is not type(row[0]) for value in row)
