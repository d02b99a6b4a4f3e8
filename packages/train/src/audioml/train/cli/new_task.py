"""``audioml train new-task``."""

from __future__ import annotations

from pathlib import Path

import click

from audioml.core.files import shown
from audioml.core.plugins.scaffold import write_plugin

__all__ = ["new_task"]


@click.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="Where the plugin's folder is made.",
)
def new_task(*, name: str, into: Path) -> None:
    """Write a plugin that adds the task NAME: code, configuration, and a test that passes.

    It tells loud noise from quiet noise, and has a place for everything that yours will do. The
    same as `audioml plugins new NAME --kind task`.
    """
    folder, usage = write_plugin(name, "task", into)
    click.echo(
        f"{shown(folder)} is written; next:\n"
        f"  pip install -e {shown(folder)}\n"
        f"  pytest {shown(folder)}\n"
        f"  {usage}"
    )
