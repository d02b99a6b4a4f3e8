"""Segments as the loop of `audioml.train` takes them: an item is one, and follows from a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ..spectrum import RATE
from ..synth.dataset import Row
from ..targets import targets
from ..training.segments import Segments, _read, _Source
from .families import Family

__all__ = ["Cuts"]


class _Whole(Segments):
    """Segments whose targets cover the margins too, so that augmentations can move both."""

    def __init__(self, rows: Sequence[Row], *, frames: int, family: Family) -> None:
        super().__init__(rows, frames=frames, hop=family.hop, margin=family.margin)
        self._lead = -(-family.margin // family.hop)
        if not family.levelled:
            self._sources = [replace(source, gain=1 / 32768) for source in self._sources]

    def _cut(self, source: _Source, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
        hop, fps, lead = self._hop, RATE / self._hop, self._lead
        last = max(len(source.samples) // hop - self.frames, 0)
        first = int(rng.integers(-8, last + 1)) if last else 0
        count = (self.frames - 1) * hop + 2 * self._margin
        samples = _read(source, first * hop - self._margin, count)
        found = targets(
            source.notes,
            source.pedal,
            frames=self.frames + 2 * lead,
            fps=fps,
            start=(first - lead) / fps,
        )
        return samples, found.notes, found.mask, found.pedal


class Cuts(Dataset[dict[str, Any]]):
    """Segments, drawn by torch's random numbers, which `ResumableLoader` seeds for each item.

    An item is ``{"audio": samples, "labels": {...}}``. The labels are named and shaped as
    `audioml.train.augment.labels` has them: rolls ``onset``, ``offset``, ``frame``, ``velocity``
    and ``mask`` (1 where a note is cut and so not known), float32, shape (frames, 88), and
    ``pedal``, shape (frames, 3). They cover the whole of the samples, margins included; a network
    answers the frames in their middle.

    Parameters
    ----------
    rows
        The recordings.
    family
        Of the network: frames and margins are its.
    frames
        Length of a segment.
    items
        How many make an epoch.
    """

    def __init__(self, rows: Sequence[Row], *, family: Family, frames: int, items: int) -> None:
        self._segments = _Whole(rows, frames=frames, family=family)
        self._items = items

    def __len__(self) -> int:
        return self._items

    def __getitem__(self, index: int) -> dict[str, Any]:
        batch = self._segments.batch(int(torch.randint(2**62, ())), 1)
        onset, offset, frame, velocity, _ = batch.notes[0]
        labels = {"onset": onset, "offset": offset, "frame": frame, "velocity": velocity}
        labels |= {"mask": 1 - batch.mask[0], "pedal": batch.pedal[0]}
        return {"audio": batch.samples[0], "labels": labels}
