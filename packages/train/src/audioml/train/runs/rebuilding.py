"""Reads the manifests on disk back into a ledger: of lost ledgers and of moved folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audioml.core.errors import AudiomlError

from .ledger import Ledger
from .manifest import MANIFEST, Manifest, read_manifest

__all__ = ["Rebuilt", "manifests", "rebuild"]

_LOG = logging.getLogger("audioml.train")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many runs were found on disk, how many lay elsewhere before, which are on no disk."""

    found: int
    moved: int
    gone: tuple[str, ...]


def rebuild(ledger: Ledger, folder: Path, *, prune: bool = False) -> Rebuilt:
    """Write every run below a folder into a ledger.

    Runs of the ledger whose folders have gone stay in it, unless ``prune``. Where a run lies in
    two folders, one of them being a copy, that in which it was recorded counts.
    """
    before = {run.id: run.folder for run in ledger.runs()}
    chosen: dict[str, tuple[Path, Manifest]] = {}
    for place, manifest in manifests(folder):
        if manifest is None:
            continue
        if manifest.id not in chosen or str(place) == manifest.folder:
            chosen[manifest.id] = (place, manifest)
    for place, manifest in chosen.values():
        ledger.add(manifest, folder=place)
    moved = sum(before.get(name, place) != place for name, (place, _) in chosen.items())
    gone = tuple(
        name
        for name, place in before.items()
        if name not in chosen and not (place / MANIFEST).is_file()
    )
    if prune:
        ledger.forget(gone)
    return Rebuilt(len(chosen), moved, gone)


def manifests(root: Path) -> Iterator[tuple[Path, Manifest | None]]:
    """Yield the folders of runs below a folder with their manifests.

    A damaged manifest is None, after a warning; other files of its name are passed over.
    """
    for folder, folders, names in os.walk(root.resolve()):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if MANIFEST not in names:
            continue
        place = Path(folder)
        try:
            manifest = read_manifest(place)
        except AudiomlError as error:
            if _is_ours(place):
                _LOG.warning("%s; the run is passed over", error)
                yield place, None
            continue
        folders.clear()  # what a run holds are no runs
        yield place, manifest


def _is_ours(folder: Path) -> bool:
    try:
        return b'"audioml_run"' in (folder / MANIFEST).read_bytes()[:4096]
    except OSError:
        return False
