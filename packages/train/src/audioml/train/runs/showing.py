"""Runs as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from audioml.core.cli.output import table
from audioml.core.files import shown

from .filters import parse, parse_name
from .ledger import Run
from .plain import flat
from .wording import duration, metrics_table, number, size

__all__ = [
    "comparison_text",
    "run_json",
    "run_text",
    "runs_table",
]

_MOST = 4  # metrics in a table that nobody has chosen the columns of
_DULL = ("lr-", "step/")  # which of them say nothing of how good a run is
_WIDEST = 40
_SHORT = 8  # characters of an id or a hash; enough to tell a thousand runs apart


def run_json(run: Run) -> dict[str, Any]:
    """Return a run for other programs: its manifest, and where it lies now."""
    return {**json.loads(run.manifest.to_json()), "folder": str(run.folder)}


def runs_table(
    runs: Sequence[Run],
    *,
    columns: Sequence[str] | None = None,
    sort: str = "",
    where: str | None = None,
) -> str:
    """Return runs as a table with the metrics that were asked for, or that most of them have."""
    if not runs:
        return "no run is such" if where else "no runs"
    names = list(columns) if columns else _columns(runs, sort, where)
    rows = []
    for run in runs:
        m = run.manifest
        values = [number(m.metrics.get(name)) if name in m.metrics else "" for name in names]
        about = [m.id[:_SHORT], shown(m.task), m.status, _local(m.started), duration(m.seconds)]
        rows.append([*about, *values, shown(_near(run.folder))])
    heads = ["run", "task", "status", "started", "took", *map(shown, names), "folder"]
    return table(heads, rows)


def run_text(run: Run) -> str:
    """Return all that is known of a run, but for the versions of every library, as text."""
    return "\n".join(_paragraphs(run))


def comparison_text(made: Mapping[str, Any]) -> str:
    """Return what `comparison` found as tables."""
    runs = made["runs"]
    heads = ["", *(run["id"][:_SHORT] for run in runs)]
    about = [
        ["task", *(shown(run["task"]) for run in runs)],
        ["status", *(shown(run["status"]) for run in runs)],
        ["started", *(_local(run["started"]) for run in runs)],
        ["took", *(duration(run["seconds"]) for run in runs)],
        ["folder", *(shown(_near(Path(run["folder"]))) for run in runs)],
    ]
    parts = [table(heads, about)]
    if made["metrics"]:
        rows = [[shown(n), *map(number, row)] for n, row in made["metrics"].items()]
        parts.append(table(["metrics", *heads[1:]], rows))
    for name in ("config", "code", "data", "libraries"):
        if made[name]:
            rows = [[shown(n), *map(_short, row)] for n, row in made[name].items()]
            parts.append(table([name, *heads[1:]], rows))
    if not made["config"]:
        parts.append("the configurations are the same")
    return "\n\n".join(parts)


def _paragraphs(run: Run) -> Iterator[str]:
    m = run.manifest
    about = {
        "task": m.task,
        "status": m.status,
        "error": m.error,
        "started": _local(m.started),
        "took": duration(m.seconds),
        "folder": str(run.folder) + ("" if run.folder.is_dir() else " (gone)"),
        "model": m.model,
        "code": _code(m.git),
        "machine": ", ".join(str(m.machine[n]) for n in ("host", "processor") if m.machine.get(n)),
    }
    yield table([f"run {m.id}", ""], [[n, shown(str(v))] for n, v in about.items() if v]) + "\n"
    if m.metrics:
        yield metrics_table(m.metrics) + "\n"
    tables = {
        "checkpoint": [[n, shown(path)] for n, path in m.checkpoints.items()],
        "data": [
            [n, f"{about.get('sha256', '')[:_SHORT]}  {shown(str(about.get('path')))}"]
            for n, about in m.data.items()
        ],
        "artifact": [[shown(a.path), f"{a.media}, {size(a.bytes)}"] for a in m.artifacts],
        "config": [[shown(n), _short(v, 200)] for n, v in flat(m.config)],
    }
    for name, rows in tables.items():
        if rows:
            yield table([name, ""], rows) + "\n"
    versions = [f"{n} {v}" for n, v in m.libraries.items() if n in _TELLING or n[:7] == "audioml"]
    yield "versions: " + ", ".join(versions) + " (all with --json)"


_TELLING = ("python", "numpy", "torch", "lightning", "hydra-core", "onnx", "onnxruntime")


def _columns(runs: Sequence[Run], sort: str, where: str | None) -> list[str]:
    asked = [parse_name(sort.removeprefix("-"))] if sort else []
    if where and where.strip():
        from .criteria import names_in

        asked += names_in(parse(where))
    first = [name.name for name in asked if name.scope == "metrics"]
    found = (name for run in runs for name in run.metrics)
    usual = Counter(name for name in found if not name.startswith(_DULL))
    most = [name for name, _ in usual.most_common(_MOST)]
    return list(dict.fromkeys([*first, *most]))[: max(_MOST, len(first))]


def _near(folder: Path) -> Path:
    """Return a folder as one would type it here."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _local(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return shown(started)


def _short(value: Any, widest: int = _WIDEST) -> str:
    text = shown(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def _code(state: Mapping[str, Any] | None) -> str:
    if not state:
        return ""
    dirty = f" with changes ({str(state.get('diff'))[:_SHORT]})" if state.get("dirty") else ""
    return f"{str(state.get('commit'))[:12] or 'no commit'} {state.get('branch') or ''}{dirty}"
