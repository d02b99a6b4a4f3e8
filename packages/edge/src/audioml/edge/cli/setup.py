"""``audioml edge init`` and ``unit``."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from audioml.core.cli import output as terminal
from audioml.core.errors import OutputError
from audioml.core.files import shown, write_bytes, writing

from ..settings import read, template

__all__ = ["init", "unit"]


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path("edge.toml"))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(path: Path, *, force: bool) -> None:
    """Write a configuration file that holds every setting with its default [default: edge.toml]."""
    if path.exists() and not force:
        raise OutputError(f"{shown(path)} is there already; to replace it, add --force")
    write_bytes(path, template().encode())
    terminal.say(
        f"{shown(path)} is written; edit it, then run: audioml edge check -c {shown(path)}"
    )


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), required=True, help="For what.")
@click.option("--user", default=getpass.getuser, help="Run as this user [default: you].")
def unit(config: Path, user: str) -> None:
    """Print a systemd unit that watches as a configuration says.

    Save it as /etc/systemd/system/audioml-edge.service.
    """
    from ..service.unit import unit as written
    from ..service.unit import writable

    settings = read(config)
    for folder in writable(settings):  # systemd wants them there
        with writing(shown(folder)):
            folder.mkdir(parents=True, exist_ok=True)
    click.echo(written(settings, config.resolve(), user=user), nl=False)
