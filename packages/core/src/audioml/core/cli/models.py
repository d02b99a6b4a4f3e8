"""``audioml models``: what is in the store, what can be had, and getting it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ManifestError, NotFoundError, UsageError
from ..files import shown
from ..models.manifest import Manifest
from ..models.published import Published
from ..plugins import registry
from ..store.store import Store
from .output import table
from .pulling import pull_shown

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="List, pull, check and move models.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Name = Annotated[str, typer.Argument(help="A model's name, or NAME@VERSION.")]


@app.command("list")
def list_() -> None:
    """List the models in the store and those that can be pulled."""
    store = Store()
    present = [_row(folder) for folder in store.folders()]
    ready = {(row[0], row[1]) for row in present}
    offered = [
        [p.name, p.version, "can be pulled", p.license, p.description]
        for p in _published()
        if (p.name, p.version) not in ready
    ]
    rows = sorted([*present, *offered])
    if rows:
        typer.echo(table(["name", "version", "state", "licence", "answers"], rows))
    else:
        typer.echo("no models: the store is empty and no installed plugin publishes one")


def _row(folder: Path) -> list[str]:
    try:
        about = Manifest.read(folder)
    except ManifestError as error:
        return [folder.parent.name, folder.name, "broken", "", str(error)]
    return [about.name, about.version, "ready", about.license, about.description]


@app.command()
def info(name: Name) -> None:
    """Show the manifest of a model."""
    folder = _folder(name)
    typer.echo(f"# {shown(folder)}", err=True)
    typer.echo(Manifest.read(folder).to_json(), nl=False)


@app.command()
def pull(
    name: Name,
    given: Annotated[
        Path | None,
        typer.Option("--from", help="A file that holds it, for machines without an index."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Replace what is in the store.")] = False,
) -> None:
    """Fetch a published model into the store."""
    published = _find_published(name)
    store = Store()
    present = store.find(published.name, published.version)
    if present is not None and again:
        store.remove(present)
    elif present is not None:
        typer.echo(f"{published.name} {published.version} is in the store already", err=True)
    typer.echo(str(pull_shown(store, published, given=given)))


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One model; all of them if left out.")] = None,
) -> None:
    """Check hashes and self-tests."""
    from ..models.load import check

    folders = [_folder(name)] if name else list(Store().folders())
    for folder in folders:
        manifest = Manifest.read(folder)
        check(folder, manifest)
        typer.echo(f"{manifest.name} {manifest.version}: sound")


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="An exported model (.zip), or a model folder.")],
) -> None:
    """Put a model into the store."""
    if not path.exists():
        raise NotFoundError(f"{shown(path)} does not exist")
    typer.echo(str(Store().add(path)))


@app.command()
def export(
    name: Name,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The file to write.")] = None,
) -> None:
    """Write a model as one file, to be imported elsewhere."""
    folder = _folder(name)
    about = Manifest.read(folder)
    target = out or Path(f"{about.name}-{about.version}.zip")
    Store().export(folder, target)
    typer.echo(str(target))


@app.command()
def remove(name: Name) -> None:
    """Delete a model from the store."""
    store = Store()
    store.remove(_folder(name))


def _folder(name: str) -> Path:
    if (Path(name) / "model.json").is_file():
        return Path(name)
    model, _, version = name.partition("@")
    folder = Store().find(model, version or None)
    if folder is None:
        hint = "" if version else f"; run: audioml models pull {model}"
        raise NotFoundError(f"model {name!r} is not in the store{hint}")
    return folder


def _published() -> list[Published]:
    return [c.load() for c in registry().components("model") if not c.missing]


def _find_published(name: str) -> Published:
    model, _, version = name.partition("@")
    published: Published = registry().find("model", model).load()
    if version and version != published.version:
        raise UsageError(f"model {model!r} is published as {published.version}, not as {version!r}")
    return published
