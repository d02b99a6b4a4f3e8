"""Which model makes the songs."""

from __future__ import annotations

from pathlib import Path

from audioml.core.errors import AudiomlError, NotFoundError, UsageError
from audioml.core.models.load import load
from audioml.core.models.manifest import Manifest
from audioml.core.models.resolve import resolve
from audioml.core.plugins import Registry, registry
from audioml.core.stages import Generator
from audioml.core.store import Store

__all__ = ["DEFAULT", "find"]

DEFAULT = "wavenet"
"""The short name: a model that a plugin publishes under it, or the one that is in the store."""


def find(ref: str | Path = DEFAULT, /) -> Generator:
    """Return the model that a name or a path means, which `audioml.core.load` explains.

    Raises
    ------
    NotFoundError
        If nothing is known by that name, or nothing that makes sound is here.
    UsageError
        If the model makes no sound, or several could be meant.
    """
    plugins, store = registry(), Store()
    if ref == DEFAULT:
        ref = _default(plugins, store)
    found = resolve(ref, store=store, plugins=plugins)
    if isinstance(found, Path) and found.is_dir():  # refused before anything heavy is imported
        manifest = Manifest.read(found)
        if manifest.kind != "generator":
            raise _no_generator(manifest.name, manifest.task)
    model = load(ref, store=store, plugins=plugins)
    if not isinstance(model, Generator):
        raise _no_generator(model.spec.name, model.spec.task)
    return model


def _no_generator(name: str, task: str) -> UsageError:
    return UsageError(
        f"{name} (task {task}) answers about sound and makes none; name a model whose kind is "
        "generator, such as a WaveNet"
    )


def _default(plugins: Registry, store: Store) -> str | Path:
    """Return the model that is meant where none is named: a published one, or one in the store."""
    offered = plugins.components("model")
    named = {c.name: c.name for c in offered if DEFAULT in {c.name, c.task} or c.task == "song"}
    # by their folders: a plugin's generator may bear the same name
    found: dict[str, str | Path] = {f.parent.name: f for f in store.folders() if _makes_sound(f)}
    models = named or found
    if DEFAULT in models:
        return models[DEFAULT]
    if len(models) > 1:
        raise UsageError(f"several models make songs: {', '.join(models)}; say --model NAME")
    if not models:
        raise NotFoundError(_none(plugins))
    return next(iter(models.values()))


def _makes_sound(folder: Path) -> bool:
    try:
        return Manifest.read(folder).kind == "generator"
    except AudiomlError:
        return False


def _none(plugins: Registry) -> str:
    if not any(plugins.components("generator")):
        return 'no plugin that makes songs is installed; run: pip install "audioml[generate]"'
    return (
        "no model that makes songs is here: train one (audioml train task=wavenet), import one of "
        "CS205-Waveforms (audioml models import NET.json NET.h5), or name a folder with --model"
    )
