"""``audioml serve``: models behind an HTTP API."""

from __future__ import annotations

import importlib

import click

__all__ = ["app"]

_COMMANDS = {
    "run": ("run", "Serve models (this is what `audioml serve MODEL` does)."),
    "ping": ("..client.ping", "Find out whether a server answers."),
    "key": ("key", "Make an API key."),
}


class _Group(click.Group):
    """Runs the server unless one of the other commands is named; imports each when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = _COMMANDS[cmd_name][0]
        path = module if module.startswith("..") else f".{module}"
        found: click.Command = getattr(importlib.import_module(path, __name__), cmd_name)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*_COMMANDS, "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Group, subcommand_metavar="[MODEL]... [OPTIONS]")
def app() -> None:
    """Serve MODEL... behind one HTTP API, with a page at /app; without a name, all that are ready.

    A MODEL is a name of the store, a model folder or a model file. The options are those of
    `audioml serve run --help`.
    """
