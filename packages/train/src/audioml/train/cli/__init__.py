"""``audioml train``: from a configuration to a model folder."""

from __future__ import annotations

import contextlib
import difflib
import importlib

import click

from audioml.core.errors import AudiomlError
from audioml.core.plugins import registry

__all__ = ["app"]

_COMMANDS = {
    "run": (".run", "run", "Train a task (this is what `audioml train task=NAME` does)."),
    "prepare": ("..data.cli", "prepare", "Turn a folder of recordings into a data set."),
    "runs": ("..runs.cli", "runs", "List the runs of the ledger."),
    "show": ("..runs.cli", "show", "Show one run: its figures, files and settings."),
    "compare": ("..runs.cli", "compare", "Put runs beside each other."),
    "new-task": (".new_task", "new_task", "Write a plugin that adds a task, with a test."),
}


class _Group(click.Group):
    """Trains unless one of the other commands is named; imports each when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *_of_tasks()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            module, name, _ = _COMMANDS[cmd_name]
        elif cmd_name in _of_tasks():
            module, _, name = _of_tasks()[cmd_name][0].partition(":")
        else:
            return None
        found: click.Command = getattr(importlib.import_module(module, __name__), name)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args in (["--help"], ["-h"]):
            return super().parse_args(ctx, args)
        if not args or args[0].startswith("-") or "=" in args[0]:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = [*self.list_commands(ctx), *_tasks()]
            close = difflib.get_close_matches(args[0], known, 1)
            meant = f"task={close[0]}" if close and close[0] in _tasks() else "".join(close)
            raise click.UsageError(
                f"{error.message} Did you mean {meant!r}?" if meant else error.message, ctx
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, text) for name, (_, _, text) in _COMMANDS.items()]
        rows += [(name, text) for name, (_, text) in _of_tasks().items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _tasks() -> list[str]:
    return [component.name for component in registry().components("task")]


def _of_tasks() -> dict[str, tuple[str, str]]:
    """Return the commands that tasks add: name to target and summary."""
    found: dict[str, tuple[str, str]] = {}
    for component in registry().components("task"):
        with contextlib.suppress(AudiomlError):  # it is told where the task is asked for
            found |= getattr(component.load(), "commands", {})
    return {name: each for name, each in found.items() if name not in _COMMANDS}


@click.group(cls=_Group, subcommand_metavar="task=NAME [SETTING=VALUE]... [-m] [--cfg job]")
def app() -> None:
    """Train the task NAME of a plugin, with settings as Hydra has them.

    Groups choose a set of settings: data, model, callbacks, logger, trainer, augmentation, paths,
    experiment, hparams_search, debug, local. `trainer=cpu|gpu|ddp` says where, `experiment=quick`
    is a short run, `ckpt_path=FOLDER` goes on with a run or a sweep, `debug=fdr` tries every part
    with one batch, `-m` trains once for each of the values given with commas. `--cfg job` prints
    the settings, and everything is written to logs/NAME/runs/TIME.
    """
