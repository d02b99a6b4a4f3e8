"""The one place that imports pyarrow, and only when a corpus is read or written."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import IntegrityError, MissingDependencyError, ValidationError
from ..files import shown

__all__ = ["OWN", "ManifestWriter", "chosen", "read_manifest"]

_KEY = b"audioml"
_GROUP = 4096
_TYPES = {
    "id": "string",
    "shard": "int32",
    "start": "int64",
    "n": "int64",
    "rate": "int32",
    "encoding": "string",
    "audio_sha256": "string",
}
OWN = tuple(_TYPES)
"""The columns that every manifest has, whatever else it has."""


def _arrow(module: str = "pyarrow") -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            "a corpus needs pyarrow, which is not installed; "
            'run: pip install "audioml-core[corpus]"'
        ) from error


class ManifestWriter:
    """Writes rows as they come, in groups; the file is whole only once it is closed."""

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._parquet = _arrow("pyarrow.parquet")
        self._path, self._about = path, about
        self._rows: list[dict[str, Any]] = []
        self._columns: set[str] | None = None
        self._file: Any = None

    def check(self, name: str, columns: Iterable[str]) -> None:
        """Refuse a row, by its name, that has other columns than the first.

        Raises
        ------
        ValidationError
            If it has.
        """
        columns = set(columns)
        if odd := sorted(columns ^ (columns if self._columns is None else self._columns)):
            raise ValidationError(
                f"every row of a corpus has the same columns: {', '.join(odd)} of {name!r} "
                "is new or missing; give None for what is not known"
            )
        self._columns = columns

    def append(self, row: dict[str, Any]) -> None:
        """Add a row.

        Raises
        ------
        ValidationError
            If a column does not have the type that it had before.
        """
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self._flush()

    def close(self, *, finish: bool) -> None:
        """Let go of the file; without ``finish`` it stays unreadable."""
        if finish:
            self._flush()
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        arrow, rows = _arrow(), self._rows
        try:
            if self._file is None:
                schema = _schema(rows).with_metadata({_KEY: json.dumps(self._about).encode()})
                self._file = self._parquet.ParquetWriter(self._path, schema, compression="zstd")
            if rows:
                self._file.write_table(arrow.Table.from_pylist(rows, self._file.schema))
            self._rows = []  # only now: after an error the manifest can never be finished
        except (arrow.ArrowInvalid, arrow.ArrowTypeError) as error:
            raise ValidationError(
                f"a column of the corpus does not keep its type, in one of the rows up to "
                f"{rows[-1]['id']!r}: {str(error).splitlines()[0]}"
            ) from error


def _schema(rows: list[dict[str, Any]]) -> Any:
    """Return the types of the columns: our own, and the caller's as these rows have them."""
    arrow = _arrow()
    own = [arrow.field(name, getattr(arrow, kind)()) for name, kind in _TYPES.items()]
    extra = [
        arrow.field(field.name, arrow.string()) if arrow.types.is_null(field.type) else field
        for field in arrow.Table.from_pylist(rows).schema
        if field.name not in _TYPES
    ]
    return arrow.schema([*own, *extra])


def read_manifest(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the table of a manifest, and what it says of the corpus as a whole.

    Raises
    ------
    IntegrityError
        If the file is not a corpus manifest.
    """
    arrow, parquet = _arrow(), _arrow("pyarrow.parquet")
    try:
        table = parquet.read_table(path, memory_map=True)
        about = json.loads(table.schema.metadata[_KEY])
        table.select(OWN)
    except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"{shown(path)} is not the manifest of a corpus: {str(error).splitlines()[0]}"
        ) from error
    return table, about


def chosen(table: Any, where: dict[str, Any]) -> Any:
    """Return the rows whose columns hold the given value, or one of the given values.

    Raises
    ------
    ValidationError
        If there is no such column.
    """
    arrow, compute = _arrow(), _arrow("pyarrow.compute")
    for name, wanted in where.items():
        if name not in table.column_names:
            raise ValidationError(
                f"the corpus has no column {name!r}; it has {', '.join(table.column_names)}"
            )
        values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
        column = table[name]
        table = table.filter(compute.is_in(column, arrow.array(values, column.type)))
    return table
