"""The features of the harmonic network: spectra in windows that share what is around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError
from audioml.core.stages import FeatureExtractor, concatenated
from audioml.core.values import Audio, Rows

from .spectrum import BINS, CHANNELS, HOP, RATE, gain, spectra

__all__ = ["NAME", "HarmonicSpectra"]

NAME = "spectra"


class HarmonicSpectra(FeatureExtractor):
    """Extracts ``spectra``, float32, shape (2, frames, 297), a row for each window.

    Windows are of one length, and no longer than a recording needs. Each has ``context`` frames
    more on both sides, so that its middle is answered as if it were not cut. The whole signal is
    kept until it ends, as levels are relative to the recording's; its features are not.

    Parameters
    ----------
    length
        Frames of 20 ms in a window's middle, at most.
    context
        Frames on each side of it.
    """

    rate: int | None = RATE
    window: float | None = None
    hop: float | None = HOP / RATE

    def __init__(self, *, length: int = 500, context: int = 64) -> None:
        self.length, self.context = length, context

    def stream(self) -> _Stream:
        """Return a new stream."""
        return _Stream(self)

    def whole(self, blocks: Iterable[Audio], /) -> Iterator[Rows]:
        """Yield the rows of a signal, one at a time."""
        audio = concatenated(blocks)
        _check(audio)
        yield from self.rows(audio)

    def rows(self, audio: Audio) -> Iterator[Rows]:
        """Yield the rows of a whole signal, one at a time."""
        samples = audio.samples[0] * np.float32(gain(audio.samples[0]))
        frames = -(-len(samples) // HOP)
        if not frames:
            yield _nothing(0)
            return
        count = -(-frames // self.length)
        step = -(-frames // count)
        for first in range(0, count * step, step):
            size = step + 2 * self.context
            row = spectra(samples, first=first - self.context, frames=size)
            yield Rows({NAME: row[np.newaxis]}, np.array([audio.start + first * HOP / RATE]))


class _Stream:
    """One signal, which is kept until it is over."""

    def __init__(self, extractor: HarmonicSpectra) -> None:
        self._extractor = extractor
        self.reset()

    def reset(self) -> None:
        self._blocks: list[Audio] = []

    def push(self, audio: Audio, /) -> Rows:
        _check(audio)
        self._blocks.append(audio)
        return _nothing(2 * self._extractor.context)

    def finish(self) -> Rows:
        if not self._blocks:
            return _nothing(2 * self._extractor.context)
        found = list(self._extractor.rows(concatenated(self._blocks)))
        self.reset()
        starts: NDArray[np.float64] = np.concatenate([rows.starts for rows in found])
        return Rows({NAME: np.concatenate([rows.tensors[NAME] for rows in found])}, starts)


def _check(audio: Audio) -> None:
    if audio.rate != RATE or audio.channels != 1:
        raise AudioError(
            f"harmonic-spectra takes mono at {RATE} Hz, got {audio.channels} channel(s) at "
            f"{audio.rate} Hz; conform() the audio first"
        )


def _nothing(frames: int) -> Rows:
    return Rows({NAME: np.empty((0, CHANNELS, frames, BINS), np.float32)}, np.empty(0))
