"""The tables of FMA's metadata: which tracks there are, by whom, and under which licence."""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError
from audioml.core.files import replacing, shown

__all__ = ["Track", "read_tracks", "tracks_of"]

_TRACKS = "fma_metadata/tracks.csv"
_RAW = "fma_metadata/raw_tracks.csv"
_LONGEST = 1 << 24  # characters of a cell: biographies are long
_SPLITS = {"training": "train", "validation": "validation", "test": "test"}
_COLUMNS = {
    "subset": ("set", "subset"),
    "split": ("set", "split"),
    "licence": ("track", "license"),
    "title": ("track", "title"),
    "genre": ("track", "genre_top"),
    "artist": ("artist", "name"),
    "album": ("album", "title"),
}


@dataclass(frozen=True, slots=True)
class Track:
    """A track; text is None where the tables say nothing."""

    id: int
    subset: str
    split: str | None
    licence: str | None
    licence_url: str | None
    page: str | None
    artist: str | None
    title: str | None
    album: str | None
    genre: str | None


def tracks_of(archive: Path, *, keep: Path) -> list[Track]:
    """Return the tracks of ``fma_metadata.zip``, and keep them as a small table.

    Raises
    ------
    IntegrityError
        If the zip does not hold these tables.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            addresses = dict(_addresses(file))
            found = list(_tracks(file, addresses))
    except (zipfile.BadZipFile, KeyError, ValueError, StopIteration, csv.Error) as error:
        raise IntegrityError(f"{shown(archive)} is not FMA's metadata: {error}") from error
    arrow, parquet = _arrow()
    names = [field.name for field in fields(Track)]
    columns = zip(*map(astuple, found), strict=True) if found else [[] for _ in names]
    with replacing(keep) as temporary:
        parquet.write_table(arrow.table(dict(zip(names, columns, strict=True))), temporary)
    return found


def read_tracks(kept: Path) -> list[Track]:
    """Return the tracks of a table that `tracks_of` kept."""
    _, parquet = _arrow()
    return [Track(**row) for row in parquet.read_table(kept).to_pylist()]


def _tracks(file: zipfile.ZipFile, addresses: dict[str, tuple[str, str]]) -> Iterator[Track]:
    """Yield the rows of tracks.csv, which has two lines of names and one of the index."""
    lines = _lines(file, _TRACKS)
    names = list(zip(next(lines), next(lines), strict=True))
    next(lines)
    at = {name: names.index(column) for name, column in _COLUMNS.items()}
    for line in lines:
        cells = {name: line[index] or None for name, index in at.items()}
        page, licence_url = addresses.get(line[0], ("", ""))
        yield Track(
            id=int(line[0]),
            subset=cells["subset"] or "full",
            split=_SPLITS.get(cells["split"] or ""),
            licence=cells["licence"],
            licence_url=licence_url or None,
            page=page or None,
            artist=cells["artist"],
            title=cells["title"],
            album=cells["album"],
            genre=cells["genre"],
        )


def _addresses(file: zipfile.ZipFile) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the addresses of each track's page and licence, which only raw_tracks.csv has."""
    lines = _lines(file, _RAW)
    names = next(lines)
    at = [names.index(name) for name in ("track_id", "track_url", "license_url")]
    for line in lines:
        number, page, licence = (line[index] for index in at)
        yield number, (page, licence)


def _lines(file: zipfile.ZipFile, member: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(_LONGEST)
    try:
        with file.open(member) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
            yield from csv.reader(text)
    finally:
        csv.field_size_limit(before)


def _arrow() -> tuple[Any, Any]:
    return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
