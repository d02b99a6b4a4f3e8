"""``audioml train runs``, ``show`` and ``compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .ledger import Ledger, Run

__all__ = ["compare", "runs", "show"]

_LEDGER = Path("logs", "runs.sqlite")
_ledger = click.option(
    "--ledger",
    envvar="AUDIOML_LEDGER",
    default=str(_LEDGER),
    show_default=True,
    help="The ledger: the path of an SQLite file, or a SQLAlchemy URL.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@_ledger
@click.option("--task", help="Only runs of this task.")
@click.option("--status", help="Only runs that are running, completed, failed or interrupted.")
@click.option("--since", help="Started since: a date, a time, or an age as 12h, 7d, 4w.")
@click.option("--where", help="A condition: 'metrics.f1 > 0.9 and config.trainer.precision = 32'.")
@click.option(
    "--sort",
    default="-started",
    show_default=True,
    help="A field, metrics.NAME or config.NAME; descending after a -.",
)
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many runs.")
@click.option("--columns", help="Metrics to show, with commas between; as many as fit otherwise.")
@click.option("--rebuild", is_flag=True, help="First read the manifests of the runs on disk.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where --rebuild looks; the folder of the ledger otherwise.",
)
@click.option("--prune", is_flag=True, help="With --rebuild: forget runs that are on no disk.")
@_json
def runs(
    *,
    ledger: str,
    task: str | None,
    status: str | None,
    since: str | None,
    where: str | None,
    sort: str,
    limit: int | None,
    columns: str | None,
    rebuild: bool,
    folder: Path | None,
    prune: bool,
    as_json: bool,
) -> None:
    """List the runs that were recorded, the latest first."""
    from .ledger import Ledger
    from .showing import run_json, runs_table
    from .since import moment

    opened = Ledger(ledger, create=rebuild)
    if rebuild:
        _rebuild(opened, folder, prune=prune)
    found = opened.runs(
        task=task,
        status=status,
        since=moment(since) if since else None,
        where=where,
        order_by=sort,
        limit=limit,
    )
    if as_json:
        click.echo(json.dumps([run_json(run) for run in found], indent=2))
    else:
        names = [name.strip() for name in columns.split(",")] if columns else None
        click.echo(runs_table(found, columns=names, sort=sort, where=where))


@click.command()
@click.argument("run")
@_ledger
@_json
def show(run: str, *, ledger: str, as_json: bool) -> None:
    """Show one RUN, given by its id, the beginning of its id, or its folder."""
    from .showing import run_json, run_text

    found = _found((run,), ledger)[0]
    click.echo(json.dumps(run_json(found), indent=2) if as_json else run_text(found))


@click.command()
@click.argument("chosen", metavar="RUN RUN...", nargs=-1, required=True)
@_ledger
@click.option("--all", "everything", is_flag=True, help="Also the settings that are the same.")
@_json
def compare(chosen: tuple[str, ...], *, ledger: str, everything: bool, as_json: bool) -> None:
    """Show how two RUNs or more differ in configuration, code and data, and their metrics."""
    from audioml.core.errors import UsageError

    from .comparing import comparison
    from .showing import comparison_text

    if len(chosen) < 2:
        raise UsageError("two runs or more are compared, got one")
    made = comparison(_found(chosen, ledger), everything=everything)
    click.echo(json.dumps(made, indent=2) if as_json else comparison_text(made))


def _found(names: tuple[str, ...], ledger: str) -> list[Run]:
    from .ledger import Ledger, Run
    from .manifest import MANIFEST, read_manifest

    folders = [Path(name) for name in names]
    if all((folder / MANIFEST).is_file() for folder in folders):  # which needs no ledger
        return [Run(folder.resolve(), read_manifest(folder)) for folder in folders]
    opened = Ledger(ledger, create=False)
    return [opened.find(name) for name in names]


def _rebuild(ledger: Ledger, folder: Path | None, *, prune: bool) -> None:
    from audioml.core.cli import output

    from .rebuilding import rebuild

    made = rebuild(ledger, folder or ledger.root or _LEDGER.parent, prune=prune)
    gone = f", {len(made.gone)} {'forgotten' if prune else 'gone from disk'}" if made.gone else ""
    output.say(f"runs found on disk: {made.found}, of which moved: {made.moved}{gone}")
