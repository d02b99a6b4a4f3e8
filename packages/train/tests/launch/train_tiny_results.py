"""What the tests read in a run's folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

QUICK = ("task=tiny", "experiment=quick")


def only_run(root: Path, task: str = "tiny") -> Path:
    (folder,) = (root / "logs" / task / "runs").iterdir()
    return folder


def figures(folder: Path, *names: str) -> list[tuple[int, str, float]]:
    """Rows of the table of figures, all or those of some names."""
    with (folder / "metrics.csv").open(newline="") as file:
        rows = [(int(r["step"]), r["name"], float(r["value"])) for r in csv.DictReader(file)]
    return [row for row in rows if not names or row[1] in names]


def state(folder: Path) -> dict:
    return json.loads((folder / "state.json").read_bytes())
