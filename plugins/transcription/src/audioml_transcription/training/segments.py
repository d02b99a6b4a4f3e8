"""Segments of a data set: what a step of training sees depends on its number alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError

from ..notes import Notes, Pedal
from ..spectrum import HOP, LONG, RATE, gain
from ..synth.dataset import Row
from ..targets import targets

__all__ = ["Batch", "Segments"]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Segments of sound, and what is played in them.

    ``samples``: float32, shape (batch, n), at the usual level, a margin more on each side.
    ``notes``: float32, shape (batch, 5, frames, 88): onset, offset, frame, velocity, struck.
    ``mask``: float32, shape (batch, frames, 88). ``pedal``: float32, shape (batch, 3, frames).
    """

    samples: NDArray[np.float32]
    notes: NDArray[np.float32]
    mask: NDArray[np.float32]
    pedal: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    samples: NDArray[np.int16]
    gain: float
    notes: Notes
    pedal: Pedal


class Segments:
    """Draws batches of segments from recordings.

    Parameters
    ----------
    rows
        The recordings; their samples stay on disk.
    frames
        Length of a segment.
    seed
        Of what is drawn.
    hop, margin
        Samples from frame to frame, and on each side of the first and the last: what the front
        end needs; those of `FrontEnd` if nothing is said, and 160 and 1024 for `LogMel`.

    Raises
    ------
    ValidationError
        If there are no recordings.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        frames: int = 200,
        seed: int = 0,
        hop: int = HOP,
        margin: int = LONG // 2,
    ) -> None:
        if not rows:
            raise ValidationError("the data set has no recordings to train on")
        self.frames, self._seed = frames, seed
        self._hop, self._margin = hop, margin
        self._sources = [_source(row) for row in rows]
        lengths = np.array([len(source.samples) for source in self._sources], np.float64)
        self._shares = lengths / lengths.sum()

    def batch(self, step: int, size: int) -> Batch:
        """Return the batch of a step."""
        rng = np.random.default_rng([self._seed, step])
        chosen = rng.choice(len(self._sources), size, p=self._shares)
        cut = [self._cut(self._sources[int(at)], rng) for at in chosen]
        return Batch(*(np.stack(column) for column in zip(*cut, strict=True)))

    def _cut(self, source: _Source, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
        hop, fps = self._hop, RATE / self._hop
        last = max(len(source.samples) // hop - self.frames, 0)
        first = int(rng.integers(-8, last + 1)) if last else 0
        count = (self.frames - 1) * hop + 2 * self._margin
        samples = _read(source, first * hop - self._margin, count)
        found = targets(source.notes, source.pedal, frames=self.frames, fps=fps, start=first / fps)
        return samples, found.notes, found.mask, np.ascontiguousarray(found.pedal.T)


def _source(row: Row) -> _Source:
    level = gain(row.samples.astype(np.float32) / np.float32(32768))
    return _Source(row.samples, level / 32768, row.notes, row.pedal)


def _read(source: _Source, start: int, count: int) -> NDArray[np.float32]:
    out = np.zeros(count, np.float32)
    low, high = max(start, 0), min(start + count, len(source.samples))
    if high > low:
        out[low - start : high - start] = source.samples[low:high]
    return out * np.float32(source.gain)
