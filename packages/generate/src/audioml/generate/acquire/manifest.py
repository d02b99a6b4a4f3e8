"""The manifest of an acquired folder: a row for every recording, and where it came from."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from audioml.core.errors import IntegrityError
from audioml.core.files import shown, write_bytes

__all__ = ["MANIFEST", "Recording", "read_manifest", "write_manifest"]

MANIFEST = "manifest.parquet"
_KEY = b"audioml"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording that was acquired: one row, whose columns are these.

    Parameters
    ----------
    id, path
        Its name, and that of its file below the folder.
    url
        Where it was got from; None for a file of the machine that acquired it.
    sha256, bytes
        Of its file.
    licence, licence_url
        SPDX identifier (or ``LicenseRef-…``) and address of its licence.
    attribution
        The line that its licence asks for.
    artist, title, album, genre, split
        What is known of it, or None.
    collection, fetched_at, tool
        Which collection it is of, when it was got (UTC), and by what.
    """

    id: str
    path: str
    url: str | None
    sha256: str
    bytes: int
    licence: str
    licence_url: str | None
    attribution: str
    artist: str | None
    title: str | None
    album: str | None
    genre: str | None
    split: str | None
    collection: str
    fetched_at: datetime
    tool: str

    def to_json(self) -> str:
        """Return it as one line."""
        cells = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps({**cells, "fetched_at": self.fetched_at.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote.

        Raises
        ------
        ValueError
            If it did not.
        """
        try:
            cells = json.loads(text)
            return cls(**{**cells, "fetched_at": datetime.fromisoformat(cells["fetched_at"])})
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from error


def write_manifest(path: Path, rows: Iterable[Recording], credits_: Mapping[str, str]) -> None:
    """Write a manifest, all of it or nothing.

    Parameters
    ----------
    path
        The file.
    rows
        Its rows.
    credits_
        Whom to thank for each collection.
    """
    arrow, parquet = _arrow()
    kinds = {"bytes": arrow.int64(), "fetched_at": arrow.timestamp("us", tz="UTC")}
    about = json.dumps({"schema": _SCHEMA, "credits": dict(credits_)})
    names = [field.name for field in fields(Recording)]
    schema = arrow.schema(
        [arrow.field(name, kinds.get(name, arrow.string())) for name in names],
        metadata={_KEY: about.encode()},
    )
    found = list(rows)
    columns = [[getattr(row, name) for row in found] for name in names]
    arrays = [arrow.array(c, schema.field(n).type) for n, c in zip(names, columns, strict=True)]
    buffer = arrow.BufferOutputStream()
    table = arrow.Table.from_arrays(arrays, schema=schema)
    parquet.write_table(table, buffer, compression="zstd")
    write_bytes(path, buffer.getvalue())


def read_manifest(path: Path) -> tuple[list[Recording], dict[str, str]]:
    """Return the rows of a manifest, and whom to thank for each collection.

    Raises
    ------
    IntegrityError
        If the file is no such manifest.
    """
    arrow, parquet = _arrow()
    try:
        table = parquet.read_table(path)
        about: dict[str, Any] = json.loads(table.schema.metadata[_KEY])
        rows = [Recording(**row) for row in table.to_pylist()]
        return rows, dict(about["credits"])
    except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"{shown(path)} is not the manifest of acquired recordings "
            f"({str(error).splitlines()[0]}); choose another folder, or move that file away"
        ) from error


def _arrow() -> tuple[Any, Any]:
    return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
