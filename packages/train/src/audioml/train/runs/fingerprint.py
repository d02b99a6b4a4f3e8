"""Hashes of the data that a run was trained on, quick enough for sets of any size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.files import sha256

__all__ = ["data_in", "fingerprint"]

_WHOLE = 64 << 20  # bytes; a folder up to this is hashed whole, which takes less than a second
_TABLES = (".parquet", ".csv", ".json", ".toml", ".txt", ".yaml")


def fingerprint(path: Path) -> dict[str, Any]:
    """Return what a data set is known by: ``path``, ``files``, ``bytes``, ``method``, ``sha256``.

    The hash is of every file's name, size and contents. Of a folder above 64 MiB the contents of
    tables only count (``method`` is then ``tables`` instead of ``contents``): the manifest of a
    corpus holds the hash of each recording, so that nothing is missed there.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    files = sorted(_files(path))
    sizes = [file.stat().st_size for file in files]
    whole = sum(sizes) <= _WHOLE
    digest = hashlib.sha256()
    for file, size in zip(files, sizes, strict=True):
        name = file.relative_to(path).as_posix() if file != path else file.name
        contents = sha256(file) if whole or file.suffix in _TABLES or file == path else ""
        digest.update(f"{name}\0{size}\0{contents}\n".encode(errors="surrogateescape"))
    return {
        "path": str(path),
        "files": len(files),
        "bytes": sum(sizes),
        "method": "contents" if whole else "tables",
        "sha256": digest.hexdigest(),
    }


def data_in(config: Any) -> dict[str, Path]:
    """Return the files and folders that the ``data`` part of a plain configuration names."""
    about = config.get("data") if isinstance(config, Mapping) else None
    return dict(_paths(about)) if isinstance(about, Mapping) else {}


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _paths(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Path]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{name}.")
        elif isinstance(value, str) and _is_path(value):
            yield f"{before}{name}", Path(value)


def _is_path(text: str) -> bool:
    if "\0" in text or not os.path.exists(text):
        return False
    path = Path(text)
    if Path.cwd().is_relative_to(path.resolve()):
        return False  # a root for other paths, with all kinds of things below it
    return os.sep in text or os.path.isfile(path / "manifest.parquet") or bool(path.suffix)
