"""``audioml edge status``, ``retry`` and ``forget``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audioml.core.cli import output as terminal
from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown

from ..settings import read

if TYPE_CHECKING:
    from ..status import Status

__all__ = ["forget", "retry", "status"]

_QUIET = 15.0  # seconds
_WORDS = {
    "new": "waiting",
    "done": "analysed",
    "bad": "given up",
    "gone": "gone before",
    "dropped": "dropped",
}


def _place(place: Path | None, config: Path | None) -> Path:
    """Return the journal that belongs to a watched folder, a results folder or a configuration."""
    from ..database import JOURNAL

    if config is not None:
        return read(config).output / JOURNAL
    if place is None:
        raise UsageError("name the folder that is watched, or its results, or -c edge.toml")
    beside = place.resolve().with_name(f"{place.resolve().name}-results")
    for folder in (place, beside):
        if (folder / JOURNAL).is_file():
            return folder / JOURNAL
    raise NotFoundError(f"there is no journal in {shown(place)} or {shown(beside)}")


def _located(function: click.decorators.FC) -> click.decorators.FC:
    config = click.option("-c", "--config", type=click.Path(path_type=Path), help="Configuration.")
    place = click.argument("folder", required=False, type=click.Path(path_type=Path))
    return place(config(function))


@click.command()
@_located
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(folder: Path | None, config: Path | None, *, as_json: bool) -> int:
    """Show what waits, what was done, and what failed.

    FOLDER is the one that is watched, or its results. The exit code is 1 where a watcher runs and
    cannot work.
    """
    from ..status import status as look

    found = look(_place(folder, config))
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        click.echo("\n".join(_lines(found)))
    return 1 if found.running and found.watcher.get("trouble") else 0


def _lines(found: Status) -> Iterator[str]:
    yield f"watcher   {_watcher(found)}"
    counts = [f"{number} {_WORDS[state]}" for state, number in sorted(found.counts.items())]
    yield f"files     {', '.join(counts) or 'none'}"
    if found.oldest is not None:
        yield f"oldest    waits for {timedelta(seconds=round(found.oldest))}"
    yield f"rate      {found.rate:.2f} files/s over the last minute"
    if found.watcher.get("overflows"):
        yield f"overflows {found.watcher['overflows']} (events were lost, the folder was rescanned)"
    for sink, number in found.outbox.items():
        reason = found.watcher.get("sinks", {}).get(sink, "")
        yield f"outbox    {number} records wait for {sink}" + (f": {reason}" if reason else "")
    for failure in found.failures:
        state = "given up" if failure.state == "bad" else f"try {failure.tries}"
        yield f"failed    {shown(failure.path)} ({state}): {failure.reason}"


def _watcher(found: Status) -> str:
    if not found.running:
        return "does not run"
    trouble = found.watcher.get("trouble")
    silence = time.time() - found.watcher.get("time", time.time())
    quiet = f"; it last said something {silence:.0f} s ago" if silence > _QUIET else ""
    return "runs" + (f": {trouble}" if trouble else "") + quiet


@click.command()
@_located
@click.option("--file", "path", help="Only this one, as `status` shows it.")
def retry(folder: Path | None, config: Path | None, path: str | None) -> None:
    """Let recordings that were given up be tried again."""
    from ..database import Database
    from ..journal import Journal

    count = Journal(Database(_place(folder, config))).retry(path)
    if path is not None and not count:
        raise NotFoundError(f"{shown(path)} was not given up; `audioml edge status` lists what was")
    terminal.say(f"{count} to be tried again")


@click.command()
@_located
@click.option("--file", "path", help="The recording, as `status` shows it.")
@click.option("--sink", help="Records that wait for this sink, as `status` shows it.")
def forget(folder: Path | None, config: Path | None, path: str | None, sink: str | None) -> None:
    """Forget a recording, which is then new if it is still there; or what waits for a sink."""
    from ..database import Database
    from ..journal import Journal
    from ..outbox import Outbox

    if (path is None) == (sink is None):
        raise UsageError("say what to forget: --file RECORDING, or --sink SINK")
    database = Database(_place(folder, config))
    if sink is not None:
        count = Outbox(database).trim(sink, 0)
        if not count:
            raise NotFoundError(f"no records wait for {sink!r}; `audioml edge status` lists sinks")
        terminal.say(f"{count} records for {sink} are forgotten")
    elif not Journal(database).forget(path or ""):
        raise NotFoundError(f"the journal knows no {shown(path or '')}")
    else:
        terminal.say(f"{shown(path or '')} is forgotten")
