"""``audioml models``: what is in the store, what can be had, and getting it."""

from __future__ import annotations

import glob
from pathlib import Path

import click

from ..errors import IntegrityError, ManifestError, NotFoundError, UsageError
from ..files import shown
from ..models.importing import find_importer
from ..models.manifest import Manifest
from ..models.published import Published
from ..plugins import registry
from ..store.store import Store, is_exported, is_whole
from .output import table
from .pulling import pull_shown

__all__ = ["app"]


@click.group(no_args_is_help=True)
def app() -> None:
    """List, pull, check and move models."""


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
        click.echo(table(["name", "version", "state", "licence", "answers"], rows))
    else:
        click.echo("no models: the store is empty and no installed plugin publishes one")


def _row(folder: Path) -> list[str]:
    try:
        about = Manifest.read(folder)
    except ManifestError as error:
        return [folder.parent.name, folder.name, "broken", "", str(error)]
    state = "ready" if is_whole(folder) else "damaged"
    return [about.name, about.version, state, about.license, about.description]


@app.command()
@click.argument("name")
def info(name: str) -> None:
    """Show the manifest of a model."""
    folder = _folder(name)
    click.echo(f"# {shown(folder)}", err=True)
    click.echo(Manifest.read(folder).to_json(), nl=False)


@app.command()
@click.argument("name")
@click.option(
    "--from",
    "given",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="A file that holds it, for machines without a network; one for each that it is made of.",
)
@click.option("--again", is_flag=True, help="Replace what is in the store.")
def pull(name: str, *, given: tuple[Path, ...], again: bool) -> None:
    """Fetch a published model into the store."""
    published = _find_published(name)
    store = Store()
    present = store.find(published.name, published.version)
    if not again and present is not None and is_whole(present):
        click.echo(f"{published.name} {published.version} is in the store already", err=True)
    click.echo(str(pull_shown(store, published, given=given, again=again)))


@app.command()
@click.argument("name", required=False)
def verify(name: str | None) -> None:
    """Check hashes and self-tests, of one model or of all."""
    from ..models.load import check

    store = Store()
    for broken in () if name else store.broken():
        raise IntegrityError(f"{shown(broken)} has lost its model.json; see: audioml doctor")
    folders = [_folder(name)] if name else list(store.folders())
    for folder in folders:
        manifest = Manifest.read(folder)
        check(folder, manifest)
        click.echo(f"{manifest.name} {manifest.version}: sound")


@app.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "importer", metavar="SYSTEM", help="Whose weights they are, such as vggish.")
@click.option("--name", help="What to call the model.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the importer."
)
def import_(
    paths: tuple[Path, ...], *, importer: str | None, name: str | None, settings: tuple[str, ...]
) -> None:
    """Put a model into the store: an exported one (.zip), a model folder, or weights.

    Weights of another system may be several files that together make one model, such as a
    checkpoint and its PCA parameters. None of their code is run.
    """
    for path in paths:
        parts = f"{glob.escape(path.name)}.*"  # a checkpoint of TensorFlow is named by its prefix
        if not path.exists() and not list(path.parent.glob(parts)):
            raise NotFoundError(f"{shown(path)} does not exist")
    store = Store()
    if importer is None and len(paths) == 1 and is_exported(paths[0]):
        if name or settings:
            raise UsageError("--name and --set are for weights; an exported model has its own")
        click.echo(str(store.add(paths[0])))
        return
    found = find_importer(paths, importer)
    options = dict(_setting(text) for text in settings)
    folder = store.make(lambda folder: found.write(paths, folder, name=name, options=options))
    click.echo(str(folder))


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise UsageError(f"--set takes KEY=VALUE, got {text!r}")
    return key, value


@app.command()
@click.argument("name")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file to write.")
def export(name: str, *, out: Path | None) -> None:
    """Write a model as one file, to be imported elsewhere."""
    folder = _folder(name)
    about = Manifest.read(folder)
    target = out or Path(f"{about.name}-{about.version}.zip")
    Store().export(folder, target)
    click.echo(str(target))


@app.command()
@click.argument("name")
def remove(name: str) -> None:
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
