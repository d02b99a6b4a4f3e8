"""``audioml generate``: from recordings to songs."""

from __future__ import annotations

import importlib

import click

__all__ = ["app"]

_COMMANDS = {
    "acquire": (".acquire", "acquire", "Get recordings whose licences allow it."),
    "prepare": (".prepare", "prepare", "Make a corpus of recordings, for training."),
    "song": (".song", "song", "Make songs of what a model has learnt."),
    "evaluate": (".evaluate", "evaluate", "Judge the songs of a model by real ones."),
}


class _Group(click.Group):
    """Imports each command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        found: click.Command = getattr(importlib.import_module(module, __name__), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Group, no_args_is_help=True)
def app() -> None:
    """Acquire recordings with known licences, and make songs of what was learnt from them."""
