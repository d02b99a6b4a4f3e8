"""Segments of recordings: what is trained on follows from a number alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from audioml.core.errors import ValidationError

from ..spectrum import gain
from ..synth.dataset import Row
from ..targets import targets
from .families import Family

__all__ = ["Segments"]

_SEED = 0  # before the number that a segment follows from
_EARLIEST = -8  # frames: a segment may begin a little before its recording


class Segments(Dataset[dict[str, Any]]):
    """Segments, drawn by torch's random numbers, which `ResumableLoader` seeds for each item.

    An item is ``{"audio": samples, "labels": {...}}``: samples float32, shape (n,), those of its
    frames and the family's margin on both sides. The labels are named and shaped as
    `audioml.train.augment.labels` has them: rolls ``onset``, ``offset``, ``frame``, ``velocity``
    and ``mask`` (1 where a note is cut and so not known), float32, shape (frames, 88), and
    ``pedal``, shape (frames, 3). They cover all of the samples, margins included, so that
    augmentations can move both; a network answers the frames in their middle.

    Parameters
    ----------
    rows
        The recordings; their samples stay on disk.
    family
        Of the network: hop, margin and level are its.
    frames
        Length of a segment.
    items
        How many make an epoch.

    Raises
    ------
    ValidationError
        If there are no recordings.
    """

    def __init__(self, rows: Sequence[Row], *, family: Family, frames: int, items: int) -> None:
        if not rows:
            raise ValidationError("the data set has no recordings to train on")
        self._rows, self._family = list(rows), family
        self._frames, self._items = frames, items
        self._gains = [_level(row) if family.levelled else 1.0 for row in self._rows]
        lengths = np.array([len(row.samples) for row in self._rows], np.float64)
        self._shares = lengths / lengths.sum()

    def __len__(self) -> int:
        return self._items

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.numbered(int(torch.randint(2**62, ())))

    def numbered(self, number: int) -> dict[str, Any]:
        """Return the segment of a number: long recordings have more of them."""
        rng = np.random.default_rng([_SEED, number])
        (at,) = rng.choice(len(self._rows), 1, p=self._shares)
        last = max(len(self._rows[at].samples) // self._family.hop - self._frames, 0)
        first = int(rng.integers(_EARLIEST, last + 1)) if last else 0
        return {"audio": self._sound(at, first), "labels": self._labels(at, first)}

    def _sound(self, at: int, first: int) -> NDArray[np.float32]:
        hop, margin, samples = self._family.hop, self._family.margin, self._rows[at].samples
        start = first * hop - margin
        out = np.zeros((self._frames - 1) * hop + 2 * margin, np.float32)
        low, high = max(start, 0), min(start + len(out), len(samples))
        if high > low:
            out[low - start : high - start] = samples[low:high]
        return out * np.float32(self._gains[at] / 32768)

    def _labels(self, at: int, first: int) -> dict[str, NDArray[np.float32]]:
        row, family = self._rows[at], self._family
        lead = -(-family.margin // family.hop)
        start, frames = (first - lead) / family.fps, self._frames + 2 * lead
        found = targets(row.notes, row.pedal, frames=frames, fps=family.fps, start=start)
        labels = {name: getattr(found, name) for name in ("onset", "offset", "frame", "velocity")}
        return {**labels, "mask": 1 - found.mask, "pedal": found.pedal}


def _level(row: Row) -> float:
    return gain(row.samples.astype(np.float32) / np.float32(32768))
