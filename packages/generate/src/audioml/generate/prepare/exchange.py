"""The Parquet that a corpus is made of: a row for each song, its sound in it.

Whoever works writes parts, each whole or not at all; any reader of Parquet reads them. A folder of
parts is finished when ``_SUCCESS`` is in it, as Spark and its readers have it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import ENCODINGS
from audioml.core.errors import IntegrityError, NotFoundError
from audioml.core.files import replacing, shown, write_bytes

from ..acquire.licences import UNKNOWN, Licence

__all__ = ["COLUMNS", "Exchange", "finish", "is_exchange", "write_part"]

_TEXT = (
    *("path", "sha256", "licence", "licence_url", "attribution", "artist", "title", "album"),
    *("genre", "url", "collection", "group", "split"),
)
COLUMNS = ("id", *_TEXT, "rate", "encoding", "n", "audio_sha256", "key", "audio")
"""The columns; ``audio`` is the samples' bytes, ``key`` a hash of all that the row was made of."""

_NUMBERS = {"rate": "int32", "n": "int64", "audio": "large_binary"}
_NEEDED = ("id", "rate", "encoding", "n", "audio")
_GROUP = 6 << 20  # bytes: with the song that goes beyond it, mostly 4 to 16 MB
_DONE = "_SUCCESS"
_KEY = b"audioml"


def _arrow(module: str = "pyarrow") -> Any:
    return importlib.import_module(module)


def write_part(path: Path, rows: Iterable[Mapping[str, Any]], credits_: Mapping[str, str]) -> int:
    """Write rows into a file, all of them or nothing; return how many there were.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    arrow, count = _arrow(), 0
    about = {_KEY: json.dumps({"schema": 1, "credits": dict(credits_)}).encode()}
    fields = [(name, getattr(arrow, _NUMBERS.get(name, "string"))()) for name in COLUMNS]
    schema = arrow.schema(fields, metadata=about)
    # samples hardly shrink; a page index of them would be of no use
    squeezed = {name: "none" if name == "audio" else "zstd" for name in COLUMNS}
    ready: list[Mapping[str, Any]] = []
    with (
        replacing(path) as temporary,
        _arrow("pyarrow.parquet").ParquetWriter(
            temporary, schema, compression=squeezed, use_dictionary=False, write_statistics=["id"]
        ) as file,
    ):
        for row in rows:
            ready.append(row)
            count += 1
            if sum(len(r["audio"]) for r in ready) >= _GROUP:
                file.write_table(arrow.Table.from_pylist(ready, schema))
                ready = []
        if ready:
            file.write_table(arrow.Table.from_pylist(ready, schema))
    return count


def finish(folder: Path) -> None:
    """Say that a folder of parts is whole."""
    write_bytes(folder / _DONE, b"")


def is_finished(folder: Path) -> bool:
    """Return whether all of a folder's parts are there."""
    return (folder / _DONE).is_file()


def is_exchange(path: Path) -> bool:
    """Return whether a path is Parquet that a corpus can be made of, by its name."""
    return path.suffix == ".parquet" if path.is_file() else any(path.glob("part-*.parquet"))


@dataclass(frozen=True, slots=True)
class _Place:
    file: Path
    group: int
    row: int


class Exchange:
    """Rows of Parquet: what is known of them at hand, their sound read as it is needed.

    Parameters
    ----------
    path
        A folder of parts, or a file.
    finished
        Whether to take a folder only if it is whole.

    Raises
    ------
    NotFoundError
        If there is none.
    IntegrityError
        If a part lacks a column that is needed, or a folder is not whole.
    """

    def __init__(self, path: Path, *, finished: bool = True) -> None:
        self.path = path
        self.credits: dict[str, str] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self._places: dict[str, _Place] = {}
        self._at: tuple[Path, int] | None = None
        self._table: Any = None
        if finished and path.is_dir() and not is_finished(path):
            raise IntegrityError(
                f"the Parquet in {shown(path)} is unfinished ({_DONE} is not there): "
                "run the command that writes it again"
            )
        self.parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if finished and not self.parts:
            raise NotFoundError(f"there is no Parquet in {shown(path)}")
        for part in self.parts:
            self._index(part)

    def _index(self, part: Path) -> None:
        arrow, parquet = _arrow(), _arrow("pyarrow.parquet")
        try:
            with parquet.ParquetFile(part) as file:
                schema = file.schema_arrow
                if absent := set(_NEEDED) - set(schema.names):
                    raise IntegrityError(
                        f"{shown(part)} has no column {', '.join(sorted(absent))}; a corpus is "
                        f"made of {', '.join(_NEEDED)} and what else is known"
                    )
                known = [name for name in COLUMNS if name in schema.names and name != "audio"]
                about = json.loads((schema.metadata or {}).get(_KEY, b"{}"))
                self.credits |= about.get("credits", {})
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group, columns=known).to_pylist()
                    for number, row in enumerate(rows):
                        self._add(row, _Place(part, group, number))
        except (arrow.ArrowException, ValueError, OSError) as error:
            if isinstance(error, IntegrityError):
                raise
            reason = str(error).partition("\n")[0]
            raise IntegrityError(f"{shown(part)} cannot be read as Parquet: {reason}") from error

    def _add(self, row: dict[str, Any], place: _Place) -> None:
        name = row["id"]
        if name in self.rows and self.rows[name].get("key") != row.get("key"):
            raise IntegrityError(f"two songs in {shown(self.path)} are called {name!r}")
        row["licence"] = row.get("licence") or UNKNOWN.id
        self.rows[name], self._places[name] = row, place

    def state(self, licence: Licence) -> None:
        """State the licence of the songs that come without one."""
        for row in self.rows.values():
            if row["licence"] == UNKNOWN.id:
                row |= {"licence": licence.id, "licence_url": licence.url}

    def samples(self, name: str) -> NDArray[Any]:
        """Return the samples of a song as they are kept, shape (n,).

        Raises
        ------
        IntegrityError
            If they are not as many as the row says.
        """
        place, row = self._places[name], self.rows[name]
        if self._at != (place.file, place.group):
            self._table = None  # first, or there would be two in memory
            with _arrow("pyarrow.parquet").ParquetFile(place.file) as file:
                self._table = file.read_row_group(place.group, columns=["audio"])
            self._at = place.file, place.group
        kind = ENCODINGS[row["encoding"]]
        data = self._table["audio"][place.row].as_buffer()
        if data is None or data.size != row["n"] * kind.itemsize:
            raise IntegrityError(
                f"{name!r} in {shown(place.file)} must have {row['n']} samples of {kind}; "
                "prepare it again"
            )
        return np.frombuffer(data, kind)

    def ordered(self) -> Iterator[str]:
        """Yield the names of the songs, in order."""
        yield from sorted(self.rows)
