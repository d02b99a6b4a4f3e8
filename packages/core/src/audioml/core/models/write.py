"""Completes a model folder: whoever makes a model, an importer or a trainer, ends here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..files import sha256, write_bytes
from ..plugins import Registry
from . import golden
from .load import assemble
from .manifest import MANIFEST, FileEntry, Manifest

__all__ = ["write_manifest"]


def write_manifest(
    folder: Path, manifest: Manifest, *, tolerance: float = 1e-3, plugins: Registry | None = None
) -> Manifest:
    """Write ``model.json`` into a folder whose other files are there, and return it.

    Every file is listed with its hash. Where the manifest brings no self-test, one is made that
    holds what the model answers here and now, to be met elsewhere within ``tolerance``.
    """
    files = {
        path.relative_to(folder).as_posix(): FileEntry(sha256(path), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    listed = replace(manifest, files=files)
    if manifest.golden is None and manifest.kind == "estimator":
        model = assemble(folder, listed, plugins=plugins)
        listed = replace(listed, golden=golden.make(model, tolerance=tolerance))
    write_bytes(folder / MANIFEST, listed.to_json().encode())
    return listed
