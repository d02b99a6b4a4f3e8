"""Windows of a corpus as they are kept: numbers from 0 to 255, with the genre of each song."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus

__all__ = ["Place", "WindowReader"]

Place = tuple[int, int]
"""A row of the corpus, and the first sample of a window in it."""


class WindowReader:
    """Batches of windows by their places, read from mapped files.

    Parameters
    ----------
    corpus
        The rows.
    length
        Samples of a window; where a row ends before, zeros follow.
    genres
        Of each row, its number, or -1.
    """

    def __init__(self, corpus: Corpus, *, length: int, genres: NDArray[np.int64]) -> None:
        self.corpus, self.length, self.genres = corpus, length, genres

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the samples of each row."""
        return self.corpus.lengths

    def __getitem__(self, places: Sequence[Place], /) -> dict[str, Any]:
        """Return a batch.

        ``audio``: uint8, shape (batch, length). ``genre``: int64, shape (batch,). ``valid``:
        int64, the samples that are not padding.
        """
        audio = np.zeros((len(places), self.length), np.uint8)
        valid = np.empty(len(places), np.int64)
        for at, (row, start) in enumerate(places):
            stop = min(start + self.length, int(self.lengths[row]))
            audio[at, : stop - start] = self.corpus.read(row, start, stop)
            valid[at] = stop - start
        genre = self.genres[[row for row, _ in places]]
        return {"audio": audio, "genre": genre, "valid": valid}
