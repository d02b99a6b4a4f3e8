"""Tables of what is known of recordings: CSV, JSON lines or Parquet, of any order of columns."""

from __future__ import annotations

import csv
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.core.files import shown

from .item import Item

__all__ = ["ENDINGS", "facts", "rows"]

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_ALIASES = {
    "license": "licence",
    "license_url": "licence_url",
    "file": "path",
    "filename": "path",
    "file_name": "path",
    "link": "page",
}
_FACTS = (
    *("licence", "licence_url", "attribution", "page", "artist", "title", "album", "genre"),
    "split",
)
_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table: columns in lower case, cells as text, those that are not empty.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UsageError
        If its ending is not one of `ENDINGS`.
    ValidationError
        If it is no such table.
    """
    if not path.is_file():
        raise NotFoundError(f"{shown(path)} does not exist")
    reader = {".parquet": _parquet, ".jsonl": _lines, ".ndjson": _lines}.get(path.suffix.lower())
    if path.suffix.lower() in (".csv", ".tsv"):
        reader = _csv
    if reader is None:
        raise UsageError(f"a table is one of {', '.join(ENDINGS)}, got {shown(path)}")
    for row in reader(path):
        cells = {_column(name): _text(value) for name, value in row.items()}
        yield {name: text for name, text in cells.items() if text}


def facts(row: Mapping[str, str]) -> dict[str, Any]:
    """Return what a row says of a recording, as keywords of `Item`.

    Raises
    ------
    ValidationError
        If it names a split that is none.
    """
    found: dict[str, Any] = {name: row.get(name) for name in _FACTS}
    split = row.get("split")
    if split is not None and split.lower() not in _SPLITS:
        raise ValidationError(f"a split is train, validation or test, got {split!r}")
    found["split"] = _SPLITS[split.lower()] if split else None
    assert set(found) <= set(Item.__dataclass_fields__)
    return found


def _column(name: str) -> str:
    name = name.strip().lower().replace(" ", "_")
    return _ALIASES.get(name, name)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=max(",;\t", key=first.count), strict=True)
            for row in reader:
                if None in row or None in row.values():
                    raise ValidationError(
                        f"line {reader.line_num} of {shown(path)} must have "
                        f"{len(reader.fieldnames or ())} cells"
                    )
                yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValidationError(f"{shown(path)} is no table of text: {error}") from error


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValidationError(
                    f"line {number} of {shown(path)} is no JSON: {error}"
                ) from error
            if not isinstance(row, dict):
                raise ValidationError(f"line {number} of {shown(path)} must be a JSON object")
            yield row


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    arrow, parquet = (importlib.import_module(n) for n in ("pyarrow", "pyarrow.parquet"))
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(1024):
                yield from batch.to_pylist()
    except arrow.ArrowException as error:
        raise ValidationError(
            f"{shown(path)} is no Parquet table: {str(error).splitlines()[0]}"
        ) from error
