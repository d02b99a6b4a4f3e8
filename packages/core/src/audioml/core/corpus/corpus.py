"""Reading a corpus: rows from its manifest, samples from its shards, none of it loaded whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import IntegrityError, NotFoundError, ValidationError
from ..files import shown
from ..values import Audio
from .arrow import chosen, read_manifest
from .encoding import ENCODINGS, decode
from .shards import Shards
from .writer import MANIFEST, SCHEMA

__all__ = ["Corpus", "Entry"]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A row of the manifest, and its samples as they are kept, shape (n,)."""

    id: str
    row: dict[str, Any]
    samples: NDArray[Any]


class Corpus:
    """A corpus on disk, or some of its rows.

    Samples come as read-only views of mapped files: they use no memory of this process, and a
    corpus may be larger than the machine's. It can be pickled, to be read in other processes.
    """

    def __init__(self, path: Path, table: Any, about: dict[str, Any], shards: Shards) -> None:
        self.path = path
        self.rate: int = about["rate"]
        self.encoding: str = about["encoding"]
        self._table, self._about, self._shards = table, about, shards
        self.lengths: NDArray[np.int64] = _numbers(table, "n")
        self._shard, self._start = _numbers(table, "shard"), _numbers(table, "start")
        self._index: dict[str, int] | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the corpus in a folder.

        Raises
        ------
        NotFoundError
            If there is none.
        IntegrityError
            If it is unfinished, damaged, or of a schema that this version does not know.
        MissingDependencyError
            If pyarrow is not installed.
        """
        path = Path(path)
        _check_finished(path)
        table, about = read_manifest(path / MANIFEST)
        if about.get("schema") != SCHEMA or about.get("encoding") not in ENCODINGS:
            raise IntegrityError(
                f"{shown(path)} is a corpus of schema {about.get('schema')!r} in "
                f"{about.get('encoding')!r}, which this version of audioml does not know; update it"
            )
        shards = Shards(path, ENCODINGS[about["encoding"]], _lengths(table))
        shards.check()
        return cls(path, table, about, shards)

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Entry]:
        """Yield every row with its samples."""
        for at, row in enumerate(self.rows()):
            yield Entry(row["id"], row, self.read(at))

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the manifest's columns."""
        return tuple(self._table.column_names)

    @property
    def seconds(self) -> float:
        """Return the length of all rows together."""
        return float(self.lengths.sum() / self.rate)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the manifest."""
        for batch in self._table.to_batches(max_chunksize=1024):
            yield from batch.to_pylist()

    def row(self, which: int | str, /) -> dict[str, Any]:
        """Return a row of the manifest, by its place or by its id; see `read`."""
        row: dict[str, Any] = self._table.slice(self._place(which), 1).to_pylist()[0]
        return row

    def column(self, name: str, /) -> list[Any]:
        """Return one column of the manifest.

        Raises
        ------
        ValidationError
            If there is no such column.
        """
        if name not in self.columns:
            raise ValidationError(
                f"the corpus has no column {name!r}; it has {', '.join(self.columns)}"
            )
        values: list[Any] = self._table[name].to_pylist()
        return values

    def filter(self, **where: Any) -> Corpus:
        """Return the rows whose columns hold these values: ``filter(split="train")``.

        A list stands for any of its values.

        Raises
        ------
        ValidationError
            If there is no such column.
        """
        return Corpus(self.path, chosen(self._table, where), self._about, self._shards)

    def read(self, which: int | str, /, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return samples of a row as they are kept, shape (stop - start,), as a view of the file.

        Raises
        ------
        NotFoundError
            If there is no such row.
        ValidationError
            If the row does not have these samples.
        """
        at = self._place(which)
        length = int(self.lengths[at])
        stop = length if stop is None else stop
        if not 0 <= start <= stop <= length:
            raise ValidationError(f"row {which!r} has samples 0..{length}, not {start}..{stop}")
        origin = int(self._start[at])
        samples: NDArray[Any] = self._shards[int(self._shard[at])][origin + start : origin + stop]
        return samples

    def audio(self, which: int | str, /, start: int = 0, stop: int | None = None) -> Audio:
        """Return samples of a row, decoded; see `read`."""
        samples = decode(self.read(which, start, stop), self.encoding)
        return Audio(samples, self.rate, start / self.rate)

    def verify(self) -> None:
        """Compare every row's samples with their hash.

        Raises
        ------
        IntegrityError
            If they differ.
        """
        for entry in self:
            if hashlib.sha256(entry.samples.data).hexdigest() != entry.row["audio_sha256"]:
                raise IntegrityError(
                    f"samples of row {entry.id!r} in {shown(self.path)} are not those that were "
                    "written; copy or prepare the corpus again"
                )

    def _place(self, which: int | str) -> int:
        if isinstance(which, str):
            if self._index is None:
                self._index = {name: at for at, name in enumerate(self.column("id"))}
            at = self._index.get(which, -1)
        else:
            at = int(which)
        if not 0 <= at < len(self):
            raise NotFoundError(f"the corpus has no row {which!r} among its {len(self)}")
        return at


def _check_finished(path: Path) -> None:
    if (path / MANIFEST).is_file():
        return
    parts = sorted(path.parent.glob(f".{path.name[:100]}.*.part")) if path.name else []
    if path.is_dir() and (path.suffix == ".part" or any(path.glob("shard-*.npy"))):
        parts = [path]
    if parts:
        raise IntegrityError(
            f"the corpus in {shown(parts[0])} is unfinished: its writer was interrupted, or is "
            "still at work; if it is not, remove the folder and prepare the corpus again"
        )
    raise NotFoundError(f"there is no corpus in {shown(path)}: expected a {MANIFEST} there")


def _numbers(table: Any, name: str) -> NDArray[np.int64]:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _lengths(table: Any) -> dict[int, int]:
    """Return the samples in each shard."""
    shards, ends = _numbers(table, "shard"), _numbers(table, "start") + _numbers(table, "n")
    lengths = np.zeros(shards.max(initial=-1) + 1, np.int64)
    np.maximum.at(lengths, shards, ends)
    return dict(enumerate(lengths.tolist()))
