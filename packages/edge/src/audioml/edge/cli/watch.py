"""``audioml edge watch``."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audioml.core.cli import output as terminal
from audioml.core.files import shown

from ..settings import Settings, SinkSettings
from .options import settings_from, with_settings

if TYPE_CHECKING:
    from ..rows import Finished
    from ..watcher import Watcher

__all__ = ["watch"]


@click.command()
@click.argument("folder", required=False)
@click.option("--once", is_flag=True, help="End when everything in the folder is analysed.")
@with_settings("model", "files", "records", "disk", "service")
def watch(
    folder: str | None, config: Path | None, to: tuple[str, ...], *, once: bool, **given: Any
) -> int:
    """Analyse every recording that arrives in FOLDER, once, and lose none.

    What is there already comes first. Without FOLDER, the folder of the configuration file.
    """
    settings = settings_from(config, to, {"folder": folder, **given})
    if not settings.sinks:
        settings = replace(settings, sinks=_usual())
    from ..station import watcher

    total = [0, 0]

    def told(finished: Sequence[Finished]) -> None:
        total[0] += sum(each.state == "done" for each in finished)
        total[1] += sum(each.state == "bad" for each in finished)

    with watcher(settings, once=once, told=told) as running:
        _say_where(settings)
        _stop_on_signals(running)
        with _metrics(settings, running):
            running.run()
        if terminal.someone_looks() and not terminal.is_quiet():
            terminal.say(f"{total[0]} analysed, {total[1]} given up")
        unsent = running.dispatcher.left if once else {}
    for sink, number in unsent.items():
        terminal.say(f"{number} records wait for {sink}; they go out when it is watched again")
    if running.dispatcher.broken:
        terminal.say("nobody reads standard output any more; start it again to go on")
        return 1
    return 1 if once and (total[1] or unsent) else 0


def _usual() -> tuple[SinkSettings, ...]:
    """Return arrays and records in files, and on stdout where somebody reads it."""
    usual = (SinkSettings(kind="npz"), SinkSettings(kind="jsonl"))
    return (*usual, SinkSettings(kind="stdout")) if _is_read() else usual


def _is_read() -> bool:
    """Return whether stdout is a terminal, a pipe or a file: not a system log, not /dev/null."""
    if sys.stdout is None:
        return False
    try:
        mode = os.fstat(sys.stdout.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return sys.stdout.isatty() or stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _say_where(settings: Settings) -> None:
    if terminal.someone_looks() and not terminal.is_quiet():
        folder, output = shown(settings.folder), shown(settings.output)
        terminal.say(f"watching {folder}; results go to {output}; Ctrl-C ends it")


def _stop_on_signals(running: Watcher) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.ending.ask())
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # see `being_written`


def _metrics(settings: Settings, running: Watcher) -> Any:
    from ..service.exporter import exporting

    return exporting(settings, running.counts)
