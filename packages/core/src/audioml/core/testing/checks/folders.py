"""Rules of model folders, given by their path."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import IntegrityError
from ...models.load import check, load
from ...models.manifest import MANIFEST, Manifest
from ...stages import Estimator, GenerationOptions
from ...store.store import Store, verify_files
from .comparing import assert_equal, song
from .kit import Rules

__all__ = [
    "RULES",
    "lists_its_files",
    "passes_its_self_test",
    "refuses_a_damaged_file",
    "runs_from_its_folder",
    "survives_export_and_import",
    "tells_what_it_is",
]


def tells_what_it_is(folder: Path) -> None:
    """``model.json`` can be read, and is written as it was read; the licence is told."""
    manifest = Manifest.read(folder)
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert manifest.license.strip(), "the licence is empty"


def lists_its_files(folder: Path) -> None:
    """Every file is listed with its size and hash, and is what they say."""
    manifest = Manifest.read(folder)
    verify_files(folder, manifest)
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    unlisted = there - {MANIFEST} - set(manifest.files)
    assert not unlisted, f"{', '.join(sorted(unlisted))} stands in the folder, and not in 'files'"


def passes_its_self_test(folder: Path) -> None:
    """An estimator brings a self-test, and answers here as it did where it was made."""
    manifest = Manifest.read(folder)
    assert manifest.golden or manifest.kind == "generator", "there is no self-test ('golden')"
    check(folder, manifest)


def refuses_a_damaged_file(folder: Path) -> None:
    """A folder of which a file has changed is not loaded."""
    with _copied(folder) as (copy, store):
        changed = copy / next(iter(Manifest.read(copy).files))
        changed.write_bytes(changed.read_bytes()[:-1] + b"\1\2")
        try:
            load(copy, store=store)
        except IntegrityError:
            return
    raise AssertionError(f"a change of {changed.name!r} was not noticed")


def runs_from_its_folder(folder: Path) -> None:
    """The folder, wherever it lies, is loaded and runs under the name that it bears."""
    with _copied(folder) as (copy, store):
        manifest, model = Manifest.read(copy), load(copy, store=store)
        assert (model.spec.name, model.spec.version) == (manifest.name, manifest.version)
        _answer(model)


def survives_export_and_import(folder: Path) -> None:
    """Exported as one file and imported elsewhere, the model answers the same."""
    with _copied(folder) as (copy, store):
        archive = copy.with_suffix(".zip")
        store.export(copy, archive)
        moved = store.add(archive)
        assert Manifest.read(moved) == Manifest.read(copy)
        here, there = _answer(load(copy, store=store)), _answer(load(moved, store=store))
        if isinstance(here, np.ndarray):
            np.testing.assert_array_equal(here, there)
        else:
            assert_equal(here, there)


def _answer(model: Any) -> Any:
    if isinstance(model, Estimator):
        return model.predict(song(model.spec, 2.0))
    blocks = list(model.start(GenerationOptions(seconds=0.1, seed=1)))
    return np.concatenate([block.samples for block in blocks], axis=1)


@contextlib.contextmanager
def _copied(folder: Path) -> Iterator[tuple[Path, Store]]:
    """Give a copy of the folder, and an empty store beside it."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "model")
        shutil.copytree(folder, copy)
        yield copy, Store(Path(place, "home"))


def _is_folder(component: Any) -> bool:
    return isinstance(component, Path)


RULES = (
    Rules(
        _is_folder,
        (
            tells_what_it_is,
            lists_its_files,
            passes_its_self_test,
            refuses_a_damaged_file,
            runs_from_its_folder,
            survives_export_and_import,
        ),
    ),
)
