"""Random windows of a corpus, in an order that can be taken up again where it was left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ValidationError
from .corpus import Corpus
from .encoding import ENCODINGS

__all__ = ["WindowSampler"]


class WindowSampler:
    """Draws windows without end: in each epoch every row is cut into windows side by side.

    Where a row's first window begins, and the order of the windows, are drawn anew for each epoch
    from the seed and the epoch's number alone. So the state is a few numbers.

    Parameters
    ----------
    corpus
        Rows shorter than a window are left out.
    length
        Samples of a window.
    seed
        Of all that is random.
    rank, world
        Of ``world`` processes that share an epoch, this is number ``rank``.

    Raises
    ------
    ValidationError
        If the corpus has no window for each process.
    """

    def __init__(
        self, corpus: Corpus, *, length: int, seed: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        if length < 1 or not 0 <= rank < world:
            raise ValidationError(
                f"'length' must be above 0 and 'rank' in 0..{world - 1}, got {length} and {rank}"
            )
        self._corpus, self._length, self._seed = corpus, length, seed
        self._rank, self._world = rank, world
        counts = corpus.lengths // length
        self._slack = corpus.lengths - counts * length
        self._ends = np.cumsum(counts)
        self._windows = int(counts.sum())
        if self._windows < world:
            raise ValidationError(
                f"the corpus has {self._windows} windows of {length} samples for {world} "
                "process(es); take shorter windows or more sound"
            )
        self._begin(0, 0)

    def __len__(self) -> int:
        """Return the windows of an epoch that this process draws."""
        return self._windows // self._world

    @property
    def epoch(self) -> int:
        """Return the number of epochs that are over."""
        return self._epoch

    @property
    def state(self) -> dict[str, int]:
        """Return what `restore` needs to go on from here."""
        return {"epoch": self._epoch, "cursor": self._cursor, **self._identity()}

    def restore(self, state: Mapping[str, Any], /) -> None:
        """Go on where a sampler of the same corpus, length, seed and world was.

        Raises
        ------
        ValidationError
            If the state is that of another sampler.
        """
        for name, ours in self._identity().items():
            if state.get(name) != ours:
                raise ValidationError(
                    f"the sampler's state has {name}={state.get(name)!r}, but here it is {ours!r}"
                )
        self._begin(int(state["epoch"]), int(state["cursor"]))

    def draw(self, count: int, /) -> list[tuple[int, int]]:
        """Return the next windows, each as the place of its row and its first sample."""
        windows: list[tuple[int, int]] = []
        while len(windows) < count:
            if self._cursor == len(self):
                self._begin(self._epoch + 1, 0)
            taken = self._order[self._cursor : self._cursor + count - len(windows)]
            self._cursor += len(taken)
            rows = np.searchsorted(self._ends, taken, side="right")
            within = taken - np.where(rows > 0, self._ends[rows - 1], 0)
            starts = self._offsets[rows] + np.asarray(within, np.int64) * self._length
            windows += zip(rows.tolist(), starts.tolist(), strict=True)
        return windows

    def batch(self, count: int, /) -> NDArray[Any]:
        """Return the next windows as they are kept, shape (count, length)."""
        out = np.empty((count, self._length), ENCODINGS[self._corpus.encoding])
        for at, (row, start) in enumerate(self.draw(count)):
            out[at] = self._corpus.read(row, start, start + self._length)
        return out

    def _identity(self) -> dict[str, int]:
        return {
            "seed": self._seed,
            "length": self._length,
            "windows": self._windows,
            "world": self._world,
        }

    def _begin(self, epoch: int, cursor: int) -> None:
        random = np.random.default_rng((self._seed, epoch))
        order = np.arange(self._windows, dtype=np.int32 if self._windows < 2**31 else np.int64)
        random.shuffle(order)
        self._order = order[self._rank :: self._world][: len(self)]
        self._offsets = np.asarray(random.integers(0, self._slack + 1), np.int64)
        self._epoch, self._cursor = epoch, cursor
