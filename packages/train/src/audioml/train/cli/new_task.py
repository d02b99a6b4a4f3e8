"""``audioml train new-task``."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import replacing_folder, shown
from audioml.core.plugins import registry

__all__ = ["new_task"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


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

    It tells loud noise from quiet noise, and has a place for everything that yours will do.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"a task's name is lower-case letters, digits and dashes, got {name!r}")
    if name in {component.name for component in registry().components("task")}:
        raise UsageError(f"there is a task {name!r} already; take another name")
    folder = into / f"audioml-{name}"
    if folder.exists():
        raise OutputError(f"{shown(folder)} is there already, and is not written over")
    module = f"audioml_{name.replace('-', '_')}"
    words = {"name": name, "module": module, "Class": name.title().replace("-", "")}
    with replacing_folder(folder) as temporary:
        for parts, template in _templates(files(__package__) / "skeleton"):
            path = temporary.joinpath(*(_filled(part, words) for part in parts))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_filled(template.read_text("utf-8"), words), encoding="utf-8")
    click.echo(
        f"{shown(folder)} is written; next:\n"
        f"  pip install -e {shown(folder)}\n"
        f"  pytest {shown(folder)}\n"
        f"  audioml train task={name} experiment=quick"
    )


def _templates(
    place: Traversable, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for each in sorted(place.iterdir(), key=lambda e: e.name):
        if each.is_dir():
            yield from _templates(each, (*above, each.name))
        elif each.name.endswith(".in"):
            yield (*above, each.name.removesuffix(".in")), each


def _filled(text: str, words: dict[str, str]) -> str:
    return string.Template(text.replace("__module__", words["module"])).safe_substitute(words)
