"""Batches of pairs: each window comes with another one that shall be near it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audioml.core.errors import UsageError, ValidationError
from audioml.train.data.loader import RandomLoader
from audioml.train.data.module import CorpusData
from audioml.train.data.prepared import Prepared
from audioml.train.data.windows import Place, RandomPlaces, WindowReader

from .listening import Interactions, liked_together
from .nearness import Nearness, kinds

__all__ = ["PairedData", "PairedPlaces"]


class PairedPlaces:
    """Random places, the second half of each draw near the first half, one by one.

    The partner of a window is a random window of the same recording, or of one that shares a key
    with it, or, as often as ``share`` says, of one that is liked together with it.

    Parameters
    ----------
    places
        Where the first halves come from.
    nearness
        Of the rows.
    lengths
        Of the rows, in samples.
    length
        Of a window.
    seed
        Of the partners.
    share
        How often the partner is one that is liked together with the recording, where there is any.
    """

    def __init__(
        self,
        places: RandomPlaces,
        nearness: Nearness,
        *,
        lengths: Sequence[int],
        length: int,
        seed: int,
        share: float,
    ) -> None:
        self._places, self._lengths, self._length = places, lengths, length
        self._seed, self._share, self._drawn = seed, share, 0
        self._keys = [row[row >= 0].tolist() for row in nearness.keys]
        self._liked = [row[row >= 0].tolist() for row in nearness.liked]
        self._of_key: dict[int, list[int]] = defaultdict(list)
        for row, keys in enumerate(self._keys):
            for key in keys:
                self._of_key[key].append(row)

    def __len__(self) -> int:
        """Return the windows of an epoch, partners included."""
        return 2 * len(self._places)

    @property
    def identity(self) -> dict[str, int]:
        """Return what tells these places from others."""
        return self._places.identity

    def seek(self, drawn: int, /) -> None:
        """Go to where ``drawn`` windows have been drawn."""
        self._drawn = drawn // 2
        self._places.seek(self._drawn)

    def draw(self, count: int, /) -> list[Place]:
        """Return the next places: half of them, then the partner of each."""
        first = self._places.draw(count // 2)
        identity = self._places.identity
        random = np.random.default_rng((self._seed, self._drawn, *identity.values()))
        self._drawn += len(first)
        return first + [self._partner(row, random) for row, _ in first]

    def _partner(self, row: int, random: np.random.Generator) -> Place:
        liked, keys = self._liked[row], self._keys[row]
        if liked and random.random() < self._share:
            row = liked[random.integers(len(liked))]
        elif keys:
            alike = self._of_key[keys[random.integers(len(keys))]]
            row = alike[random.integers(len(alike))]
        slack = max(int(self._lengths[row]) - self._length, 0)
        return row, int(random.integers(slack + 1))


class _Reader(WindowReader):
    """Tells of each window what it is near to, instead of labels."""

    def __init__(self, prepared: Prepared, nearness: Nearness, *, length: int) -> None:
        super().__init__(prepared, length=length)
        self.nearness = nearness

    def __getitem__(self, places: Sequence[Place], /) -> dict[str, Any]:
        """Return a batch; see `WindowReader` and `Nearness.about`.

        ``start`` is in samples, and ``padded`` tells which windows reach beyond their recording.
        """
        batch = super().__getitem__(places)
        starts = np.array([start for _, start in places], np.int64)
        padded = (batch["valid"] < self.length) & (starts > 0)
        return batch | self.nearness.about(batch["row"]) | {"start": starts, "padded": padded}


class PairedData(CorpusData):
    """A corpus whose training batches are pairs, and whose other windows know what they are near.

    Parameters
    ----------
    path
        A corpus.
    near
        See `kinds`.
    interactions
        Who likes what, or None.
    liked_share
        See `PairedPlaces`; with 0 interactions are measured by, but not learnt from.
    options
        As `CorpusData` takes them; the batch size counts both windows of a pair.

    Raises
    ------
    UsageError
        If the batch size is odd or below 4, or ``liked_share`` is no share.
    """

    def __init__(
        self,
        path: Path,
        *,
        near: str,
        interactions: Interactions | None = None,
        liked_share: float = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(path, **options)
        if self.batch_size % 2 or self.batch_size < 4:
            raise UsageError(
                f"'data.batch_size' must be even and at least 4, for pairs and others to tell them "
                f"from, got {self.batch_size}"
            )
        if not 0.0 <= liked_share <= 1.0:
            raise UsageError(f"'task.liked_share' must be from 0 to 1, got {liked_share!r}")
        self.near, self.interactions, self.liked_share = near, interactions, liked_share
        self._readers: dict[str, _Reader] = {}

    def setup(self, stage: str | None = None) -> None:
        """Open the corpus.

        Raises
        ------
        ValidationError
            If nothing in the split ``validation`` is near to anything else of it.
        """
        super().setup(stage)
        reader = self._reader("validation")
        if len(reader.prepared) and not _is_measurable(reader):
            what = (
                f"no recording of it is longer than two windows of {self.window:g} s; take a "
                "shorter task.window"
                if self.near == "recording"
                else f"no two recordings of it share their {self.near}; take another data.seed or "
                "data.split, or task.near=recording"
            )
            raise ValidationError(
                f"nothing can be measured on the split validation of the corpus in {self.path}: "
                f"{what}"
            )

    def train_dataloader(self) -> RandomLoader:
        """Return random pairs of the split ``train``."""
        reader = self._reader("train")
        rank, world = self._processes()
        places = RandomPlaces(
            reader.prepared,
            length=reader.length,
            seed=self.seed,
            short=self.short,
            rank=rank,
            world=world,
        )
        pairs: Any = PairedPlaces(
            places,
            reader.nearness,
            lengths=reader.prepared.lengths.tolist(),
            length=reader.length,
            seed=self.seed + rank,
            share=self.liked_share,
        )
        self._train = RandomLoader(
            reader, pairs, batch_size=self.batch_size, steps=self.steps, **self._options()
        )
        if self._state is not None:
            self._train.load_state_dict(self._state)
            self._state = None
        return self._train

    def _reader(self, split: str) -> _Reader:
        if split not in self._readers:
            self._readers[split] = self._made(split)
        return self._readers[split]

    def _made(self, split: str) -> _Reader:
        plain = super()._reader(split)
        rows = plain.prepared
        unseen = split == "train" and not self.liked_share
        liked = None if unseen or not self.interactions else self.interactions
        nearness = Nearness.of(
            kinds(rows, self.near),
            kinds(rows, "class") if any(rows.classes) else (),
            liked_together(liked, rows.names) if liked else None,
        )
        return _Reader(rows, nearness, length=plain.length)


def _is_measurable(reader: _Reader) -> bool:
    """Return whether any window of a split is near to another one of it."""
    keys = reader.nearness.keys
    if not keys.shape[1]:
        return bool((reader.prepared.lengths >= 2 * reader.length).any())
    _, often = np.unique(keys[keys >= 0], return_counts=True)
    return bool((often > 1).any())
