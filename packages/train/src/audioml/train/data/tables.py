"""The labels of a corpus on disk: tables that are mapped as its samples are.

``labels/notes.npy`` (onset, offset, pitch, velocity), ``labels/pedal.npy`` (down, up) and
``labels/segments.npy`` (start, end, text, namespace) are float64 and hold the rows of all
recordings, one after the other; ``labels/names.json`` lists what the last two columns of the
segments count. The manifest says which rows are whose, in ``notes_first`` and ``notes_count`` and
so on, and keeps classes and values in columns of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError
from audioml.core.files import shown

from .labels import Labels

__all__ = ["KINDS", "LabelReader", "LabelWriter"]

KINDS: Mapping[str, int] = {"notes": 4, "pedal": 2, "segments": 4}
"""The tables, and how many columns each has."""


class LabelWriter:
    """Fills the tables, of which the sizes are known before."""

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        folder.mkdir()
        self._folder = folder
        self._tables = {
            name: np.lib.format.open_memmap(
                folder / f"{name}.npy", "w+", np.dtype("<f8"), (sizes[name], width)
            )
            for name, width in KINDS.items()
            if sizes[name]
        }
        self._ends = dict.fromkeys(KINDS, 0)
        self._names: dict[str, int] = {}

    def append(self, labels: Labels) -> dict[str, int]:
        """Add the labels of a recording; return the columns of the manifest that find them."""
        columns: dict[str, int] = {}
        spans = [
            (*span, self._number(text), self._number(namespace))
            for span, text, namespace in zip(
                labels.segments.tolist(), labels.texts, labels.namespaces, strict=True
            )
        ]
        rows: dict[str, Any] = {"notes": labels.notes, "pedal": labels.pedal, "segments": spans}
        for name, table in rows.items():
            first, count = self._ends[name], len(table)
            if count:
                self._tables[name][first : first + count] = table
            self._ends[name] += count
            columns |= {f"{name}_first": first, f"{name}_count": count}
        return columns

    def close(self) -> None:
        """Finish the tables."""
        for table in self._tables.values():
            table.flush()
        self._tables.clear()
        (self._folder / "names.json").write_text(json.dumps(list(self._names)), "utf-8")

    def _number(self, text: str) -> int:
        return self._names.setdefault(text, len(self._names))


class LabelReader:
    """Reads the tables; they are mapped when they are first needed, in each process anew.

    Parameters
    ----------
    folder
        The folder of the tables.
    spans
        First row and count of each recording, by table: int64, shape (recordings, 2).
    """

    def __init__(self, folder: Path, spans: Mapping[str, NDArray[np.int64]]) -> None:
        self._folder, self._spans = folder, dict(spans)
        self._tables: dict[str, NDArray[np.float64]] = {}
        self._names: list[str] | None = None

    def read(self, row: int, /) -> Labels:
        """Return the labels of a recording that have times.

        Raises
        ------
        IntegrityError
            If the tables are missing or damaged.
        """
        spans = self._rows("segments", row)
        return Labels(
            self._rows("notes", row),
            self._rows("pedal", row),
            spans[:, :2],
            self._texts(spans[:, 2]),
            self._texts(spans[:, 3]),
        )

    def _rows(self, name: str, row: int) -> NDArray[np.float64]:
        first, count = self._spans[name][row].tolist()
        if not count:
            return np.empty((0, KINDS[name]))
        if name not in self._tables:
            self._tables[name] = self._open(name)
        found = self._tables[name][first : first + count]
        if len(found) != count:
            raise self._damaged(name, f"{first + count} rows are needed")
        return found

    def _open(self, name: str) -> NDArray[np.float64]:
        try:
            table = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise self._damaged(name, str(error)) from error
        return np.asarray(table)

    def _damaged(self, name: str, reason: str) -> IntegrityError:
        path = shown(self._folder / f"{name}.npy")
        return IntegrityError(f"{path} is missing or damaged ({reason}); prepare the corpus again")

    def _texts(self, numbers: NDArray[np.float64]) -> tuple[str, ...]:
        if not len(numbers):
            return ()
        if self._names is None:
            self._names = json.loads((self._folder / "names.json").read_text("utf-8"))
        names = self._names
        return tuple(names[int(number)] for number in numbers)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_tables": {}}  # a map would be pickled with all that it shows
