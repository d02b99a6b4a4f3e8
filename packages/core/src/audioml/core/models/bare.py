"""A model file that is not in a folder of its own: ``X.tflite`` with ``X.toml`` beside it.

The TOML holds what ``model.json`` holds. What it leaves out follows from the file: its name, the
backend (which bears the name of the file's suffix) and, where the heads are numbers for each
window, the decoder. An extractor is needed, for nothing in a model file tells its features::

    [extractor]
    name = "sonyc-v1"

    [decoder]
    params.labels = ["engine", "music", "dog"]

Where there is no TOML, ``X.pkl`` may hold the features in SONYC's way, see ``audioml edge allow``.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import chain
from ..errors import IntegrityError, ManifestError, NotFoundError
from ..files import sha256, shown
from ..plugins import Registry
from .manifest import SCHEMA_VERSION, FileEntry, Manifest
from .wire import parsed

__all__ = ["is_bare", "read"]


def is_bare(path: Path, plugins: Registry) -> bool:
    """Return whether a path is a model file that an installed backend bears the name of."""
    return path.is_file() and path.suffix[1:].lower() in {
        component.name for component in plugins.components("backend")
    }


def read(path: Path, plugins: Registry) -> Manifest:
    """Return the manifest of a bare model file, its folder being the file's.

    Raises
    ------
    ManifestError
        If what stands beside it is malformed.
    NotFoundError
        If nothing beside it tells its features.
    IntegrityError
        If the description names the SHA-256 of files and one of them is another.
    """
    told = _told(path)
    where = shown(path.with_suffix(".toml"))
    decoder = {"name": "windows", **_table(where, "decoder", told.pop("decoder", {}))}
    listed = _listed(path, _table(where, "files", told.pop("files", {})))
    data = {
        "schema": SCHEMA_VERSION,
        "name": _name(path),
        "version": "0",
        "task": "",
        "license": "unknown",
        "runtimes": [{"backend": path.suffix[1:].lower(), "file": path.name}],
        **told,
    }
    extractor = _extractor(data["extractor"], path, plugins)
    data.setdefault("audio", {"rate": extractor.rate, "channels": 1})
    windowed = extractor.window is not None
    if decoder["name"] == "windows":
        hop = extractor.hop or extractor.window or 1.0
        if extractor.rate:
            hop = round(hop * extractor.rate) / extractor.rate  # windows begin at a sample
        decoder["params"] = {"hop": hop, **_table(where, "params", decoder.get("params", {}))}
    data.setdefault("streaming", windowed)
    data.setdefault("batching", "rows" if windowed else "none")
    try:
        return replace(parsed({**data, "decoder": decoder}), files=listed)
    except ManifestError as error:
        raise ManifestError(f"{where}: {error}") from error


def _table(where: str, name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ManifestError(f"{where}: {name!r} must be a table, got {value!r}")
    return dict(value)


def _told(path: Path) -> dict[str, Any]:
    description, pickle = path.with_suffix(".toml"), path.with_suffix(".pkl")
    try:
        told = tomllib.loads(description.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if pickle.is_file():
            return {"extractor": {"name": "pickle", "params": {"path": pickle.name}}}
        raise NotFoundError(
            f"nothing tells the features that {shown(path)} takes: expected {shown(description)} "
            f"or {shown(pickle)} beside it; to write one, run: "
            f"audioml edge export-features {shown(description)}"
        ) from None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{shown(description)} cannot be read: {error}") from error
    if not isinstance(told.get("extractor"), dict):
        raise ManifestError(
            f"{shown(description)} names no features: expected a table [extractor] with a name"
        )
    return told


def _extractor(told: dict[str, Any], path: Path, plugins: Registry) -> Any:
    where = shown(path.with_suffix(".toml"))
    name, params = told.get("name"), _table(where, "params", told.get("params", {}))
    if name == "pickle" and isinstance(params.get("path"), str):  # as all paths in a file
        told["params"] = params = {**params, "path": str((path.parent / params["path"]).resolve())}
    try:
        return plugins.find("extractor", str(name)).load()(**params)
    except TypeError as error:
        raise ManifestError(f"{where}: extractor {name!r} takes other params: {error}") from error


def _listed(path: Path, told: dict[str, Any]) -> dict[str, FileEntry]:
    files = [path, *(chain.files(path) if path.suffix == ".chain" else [])]
    listed = {}
    for file in files:
        if not file.is_file():
            raise NotFoundError(f"{shown(file)} does not exist, and {shown(path)} needs it")
        entry = FileEntry(sha256(file), file.stat().st_size)
        name = file.relative_to(path.parent).as_posix()
        wanted = _table(shown(path), name, told.get(name, {})).get("sha256", entry.sha256)
        if wanted != entry.sha256:
            raise IntegrityError(
                f"{shown(file)} is not the file that was described: its SHA-256 is "
                f"{entry.sha256[:12]}…, expected {str(wanted)[:12]}…"
            )
        listed[name] = entry
    return listed


def _name(path: Path) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.stem.lower())
    return "-".join(part for part in kept.split("-") if part) or "model"
