"""``audioml edge``: models where the sound is."""

from __future__ import annotations

import importlib

import click

__all__ = ["app"]

_COMMANDS = {
    "watch": ("watch", "Analyse every recording that arrives in a folder."),
    "run": ("live", "Analyse the sound of a pipe."),
    "listen": ("live", "Analyse the sound that a socket or a microphone brings."),
    "status": ("journal", "Show what waits, what was done, and what failed."),
    "retry": ("journal", "Let recordings that were given up be tried again."),
    "forget": ("journal", "Forget recordings, which are then new."),
    "check": ("check", "Find out whether everything is ready."),
    "init": ("setup", "Write a configuration file with every setting."),
    "unit": ("setup", "Write a systemd unit for a configuration."),
    "allow": ("features", "Allow a pickled extractor, by its SHA-256."),
    "export-features": ("features", "Write a description of features, or an extractor."),
    "convert": ("features", "Find the description that equals a pickled extractor."),
}


class _Group(click.Group):
    """Imports a command's module once it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Group, no_args_is_help=True)
def app() -> None:
    """Models where the sound is: folders, pipes, sockets, microphones, watched and never lost."""
