"""The constant-Q transform of a signal that arrives in blocks."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from .cqt import BINS, HOP_LENGTH, OCTAVES, TAPS, WIDTH, decimate, octave_power

__all__ = ["ConstantQ"]

_FRAMES = 64  # computed at once
_BLOCK = _FRAMES * HOP_LENGTH
_LATE = 48  # samples by which an octave's signal trails the one it is made from
_BEHIND = 17  # frames by which the spectrum trails the signal; the lowest octave needs that
_BEFORE = 2 * _LATE + WIDTH // 2  # samples kept of the input
# librosa doubles the power with every halving of the rate, to keep the energy
_GAINS = 2.0 ** np.arange(OCTAVES, dtype=np.float32)[:, np.newaxis, np.newaxis]


class ConstantQ:
    """Collects samples, decimates them octave by octave, and keeps the spectrum.

    It works in blocks of one size whatever the size of those that are pushed, so that the
    numbers do not depend on how the signal was cut.
    """

    def __init__(self) -> None:
        self._octaves = [np.zeros(_BEFORE + _BLOCK, np.float32)]
        for octave in range(1, OCTAVES + 1):
            hop = HOP_LENGTH >> octave
            self._octaves.append(
                np.zeros((_FRAMES + _BEHIND) * hop + TAPS // 2 - _LATE, np.float32)
            )
        self._windows = np.empty((OCTAVES, _FRAMES, TAPS), np.float32)
        self._spectra: list[NDArray[np.float32]] = []
        self._filled = 0
        self._blocks = 0

    @property
    def length(self) -> int:
        """Return the number of samples so far."""
        return self._blocks * _BLOCK + self._filled

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take samples, float32, shape (n,)."""
        done = 0
        while done < len(samples):
            count = min(len(samples) - done, _BLOCK - self._filled)
            first = _BEFORE + self._filled
            self._octaves[0][first : first + count] = samples[done : done + count]
            self._filled += count
            done += count
            if self._filled == _BLOCK:
                self._work()

    def finish(self, frames: int) -> NDArray[np.float32]:
        """Return the power of ``frames`` frames, float32, shape (frames, 252), low bins first."""
        end = self.length
        while len(self._spectra) * _FRAMES - _BEHIND < frames:
            self._octaves[0][_BEFORE + self._filled :] = 0
            self._work(end)
        joined = np.concatenate(self._spectra) if self._spectra else np.empty((0, BINS), np.float32)
        return joined[_BEHIND : _BEHIND + frames]

    def _work(self, end: int | None = None) -> None:
        """Go through one full block; ``end`` is the length of the signal where it is known.

        An octave's signal ends `_LATE` samples before the block does, because the filter looks
        ahead; so what a frame sees is there `_BEHIND` frames later in all octaves alike.
        """
        above, first = self._octaves[0], _BEFORE  # the block begins at ``first``
        for octave in range(1, OCTAVES + 1):
            signal = self._octaves[octave]
            count = _BLOCK >> octave
            start = first - _BEFORE
            signal[-count:] = decimate(above[start : start + 2 * count + WIDTH - 2])
            self._silence_outside(signal[-count:], octave, end)
            above, first = signal, len(signal) - count + _LATE
        self._analyse()
        for octave, signal in enumerate(self._octaves):
            count = _BLOCK >> octave
            signal[:-count] = signal[count:].copy()
        self._blocks += 1
        self._filled = 0

    def _silence_outside(self, new: NDArray[np.float32], octave: int, end: int | None) -> None:
        """Zero what the filter rings before the signal's start and after its end."""
        at = self._blocks * (_BLOCK >> octave) - _LATE
        if at < 0:
            new[:-at] = 0
        if end is not None:
            new[max(0, _decimated_length(end, octave) - at) :] = 0

    def _analyse(self) -> None:
        size = self._windows.itemsize
        for octave, windows in enumerate(self._windows, start=1):
            strides = ((HOP_LENGTH >> octave) * size, size)
            windows[:] = as_strided(self._octaves[octave], windows.shape, strides)
        power = octave_power(self._windows.reshape(-1, TAPS)).reshape(OCTAVES, _FRAMES, -1)
        power *= _GAINS
        low_first = power[::-1].transpose(1, 0, 2)
        self._spectra.append(low_first.reshape(_FRAMES, BINS))


def _decimated_length(length: int, octave: int) -> int:
    """Return how many samples of an octave's signal are not zero.

    librosa rounds the length up and, where it was odd, leaves the last sample zero.
    """
    for _ in range(octave - 1):
        length = (length + 1) // 2
    return length // 2
