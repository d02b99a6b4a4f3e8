"""A corpus with its labels, as `prepare` left it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus
from audioml.core.errors import IntegrityError
from audioml.core.files import shown

from .labels import Labels
from .tables import KINDS, LabelReader

__all__ = ["Prepared"]


class Prepared:
    """A corpus with its labels, or some of its rows; samples and labels stay on disk.

    It can be pickled, and holds neither then.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.path = corpus, corpus.path
        self.rate: int = corpus.rate
        self.lengths: NDArray[np.int64] = corpus.lengths
        spans = {
            name: np.stack([_numbers(corpus, f"{name}_{part}") for part in ("first", "count")], 1)
            for name in KINDS
        }
        self._tables = LabelReader(corpus.path / "labels", spans)
        self._classes = [tuple(each or ()) for each in corpus.column("classes")]
        self._values = [tuple(each or ()) for each in corpus.column("values")]

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Return the corpus in a folder.

        Raises
        ------
        NotFoundError
            If there is none.
        IntegrityError
            If it is damaged, or was not made by `prepare`.
        """
        corpus = Corpus.open(Path(path))
        if absent := {"split", "classes", "notes_first"} - set(corpus.columns):
            raise IntegrityError(
                f"the corpus in {shown(path)} has no column {', '.join(sorted(absent))}; "
                "make it with: audioml train prepare"
            )
        return cls(corpus)

    def __len__(self) -> int:
        return len(self.lengths)

    def filter(self, **where: Any) -> Prepared:
        """Return the rows whose columns hold these values: ``filter(split="train")``."""
        return Prepared(self.corpus.filter(**where))

    @property
    def names(self) -> list[str]:
        """Return the name of each row."""
        return self.corpus.column("id")

    @property
    def classes(self) -> tuple[str, ...]:
        """Return all classes of the rows, in order."""
        return tuple(sorted({name for each in self._classes for name in each}))

    def labels(self, row: int, /) -> Labels:
        """Return what is known of a row."""
        found = self._tables.read(row)
        if not (self._classes[row] or self._values[row]):
            return found
        return Labels(
            found.notes,
            found.pedal,
            found.segments,
            found.texts,
            found.namespaces,
            self._classes[row],
            self._values[row],
        )


def _numbers(corpus: Corpus, name: str) -> NDArray[np.int64]:
    return np.asarray(corpus.column(name), np.int64)
