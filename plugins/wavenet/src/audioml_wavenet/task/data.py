"""The data of a run: random windows to train on, all of a split to validate and to test on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from audioml.core.corpus import Corpus
from audioml.train.data import RandomLoader, RandomPlaces

from .made import Made, write_made
from .reading import Place, WindowReader
from .songs import Facts, facts_of, numbered, opened, split_of

__all__ = ["Songs"]

_GOLDEN = (5**0.5 - 1) / 2  # its multiples are spread evenly, whatever the count


class Songs(LightningDataModule):
    """Windows of songs, each so long that ``span`` samples are foretold from a filled field.

    Parameters
    ----------
    path
        A corpus in mu-law.
    rate
        Hz, that it must have.
    field
        Samples that a prediction depends on.
    span
        Samples of a window that are foretold.
    genres
        Names of the network's conditions.
    made
        What is made up where there is no corpus yet.
    batch_size, eval_batch_size
        Windows of a batch.
    steps
        Batches of an epoch; None: as many as the songs fill.
    held_out
        About so many windows, spread over the split, are validated on; None: all.
    seed, workers
        Of the windows; processes that read.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: int,
        field: int,
        span: int,
        genres: tuple[str, ...],
        made: Made | None,
        batch_size: int,
        eval_batch_size: int | None,
        steps: int | None,
        held_out: int | None,
        seed: int,
        workers: int,
    ) -> None:
        super().__init__()
        self.path, self.rate, self.field, self.span = path, rate, field, span
        self.genres, self.made = genres, made
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size or batch_size
        self.steps, self.held_out, self.seed, self.workers = steps, held_out, seed, workers
        self._corpus: Corpus | None = None
        self._train: RandomLoader | None = None
        self._state: dict[str, Any] | None = None

    def prepare_data(self) -> None:
        """Make up what is not there."""
        if self.made is not None:
            write_made(self.path, self.made)

    @property
    def corpus(self) -> Corpus:
        """Return the corpus, opened when it is first needed."""
        if self._corpus is None:
            self._corpus = opened(self.path, rate=self.rate)
        return self._corpus

    @property
    def facts(self) -> Facts:
        """Return what the card tells of the data."""
        return facts_of(self.corpus)

    def train_dataloader(self) -> RandomLoader:
        """Return random windows of the split ``train``."""
        reader = self._reader("train", longer_than=self.field + self.span - 1)
        rank, world = self._processes()
        source: Any = SimpleNamespace(corpus=reader.corpus, lengths=reader.lengths)
        places = RandomPlaces(
            source, length=reader.length, seed=self.seed, short="drop", rank=rank, world=world
        )
        given: Any = reader
        self._train = RandomLoader(
            given, places, batch_size=self.batch_size, steps=self.steps, num_workers=self.workers
        )
        if self._state is not None:
            self._train.load_state_dict(self._state)
            self._state = None
        return self._train

    def val_dataloader(self) -> DataLoader[Any]:
        """Return windows of the split ``validation``, spread over it."""
        return self._evaluation("validation")

    def test_dataloader(self) -> DataLoader[Any]:
        """Return windows that cover the split ``test``: each sample is foretold once."""
        return self._evaluation("test")

    def heard(self, split: str) -> Iterator[NDArray[np.uint8]]:
        """Yield the windows that are evaluated on; what comes after the field is foretold."""
        reader = self._reader(split)
        for row, start in self._places(reader, split):
            stop = min(start + reader.length, int(reader.lengths[row]))
            yield reader.corpus.read(row, start, stop)

    def state_dict(self) -> dict[str, Any]:
        """Return where the training data stand."""
        return {"train": self._train.state_dict()} if self._train is not None else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the training data stood."""
        state = state_dict.get("train")
        if state is not None and self._train is not None:
            self._train.load_state_dict(state)
        else:
            self._state = state

    def _reader(self, split: str, *, longer_than: int | None = None) -> WindowReader:
        least = self.field if longer_than is None else longer_than
        rows = split_of(self.corpus, split, longer_than=least)
        length = self.field + self.span
        return WindowReader(rows, length=length, genres=numbered(rows, self.genres))

    def _evaluation(self, split: str) -> DataLoader[Any]:
        reader: Any = self._reader(split)
        rank, world = self._processes()
        places = self._places(reader, split)[rank::world]
        size = self.eval_batch_size
        batches: Any = [places[at : at + size] for at in range(0, len(places), size)]
        return DataLoader(reader, batch_size=None, sampler=batches, num_workers=self.workers)

    def _places(self, reader: WindowReader, split: str) -> list[Place]:
        """Return windows side by side, each foretelling its own samples; for validation some."""
        every = [
            (row, start)
            for row, length in enumerate(reader.lengths.tolist())
            for start in range(0, length - self.field, self.span)
        ]
        if split != "validation" or self.held_out is None or self.held_out >= len(every):
            return every
        return [every[at] for at in _spread(len(every), self.held_out)]

    def _processes(self) -> tuple[int, int]:
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer is not None else (0, 1)


def _spread(count: int, wanted: int) -> list[int]:
    """Return ``wanted`` of ``count`` numbers, one of each equal part and none of a regular grid.

    Songs of equal length, cut on a grid, would all be heard at the same place.
    """
    within = np.arange(wanted) * _GOLDEN % 1.0
    return [int(at) for at in (np.arange(wanted) + within) * count / wanted]
