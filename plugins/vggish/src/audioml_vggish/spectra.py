"""The log-mel spectrogram that VGGish hears: 96 frames of 64 bands for an example.

Not librosa's: the filters are triangles on the mel scale itself, and magnitudes are summed, not
powers (Hershey et al. 2017, sec. 3.1, and the code that was published with AudioSet).
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audioml.core.features.mel import TILE, MelBank

__all__ = ["BANDS", "FRAMES", "RATE", "STEP", "WINDOW", "LogMel", "log_mel", "mel_matrix"]

RATE = 16000
"""Hz."""
WINDOW = 400
"""Samples of a frame."""
STEP = 160
"""Samples from one frame to the next."""
FRAMES = 96
"""Frames of an example."""
BANDS = 64
"""Mel bands of a frame."""

_FFT = 512
_BINS = _FFT // 2 + 1
_LOWEST, _HIGHEST = 125.0, 7500.0  # Hz
_OFFSET = np.float32(0.01)  # keeps the logarithm of silence
_BLOCK = 128  # frames: what is worked on stays in the processor's cache
_SINGLE = int(np.__version__.partition(".")[0]) >= 2  # older ones transform in double precision


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.multiply(1127.0, np.log(1.0 + hz / 700.0), dtype=np.float64)


def mel_matrix() -> NDArray[np.float64]:
    """Return what turns a spectrum into mel bands, float64, shape (257, 64).

    A band rises and falls linearly in mel. The lowest bin, of 0 Hz, counts nowhere.
    """
    bins = _mel(np.linspace(0.0, RATE / 2, _BINS))[:, np.newaxis]
    low, high = _mel(np.array([_LOWEST, _HIGHEST]))
    edges = np.linspace(low, high, BANDS + 2)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    matrix: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    matrix[0] = 0.0
    return matrix


class LogMel:
    """Frames of sound in, log-mel spectra out; memory is kept and used again, by each thread."""

    def __init__(self) -> None:
        cosine = np.cos(2.0 * np.pi / WINDOW * np.arange(WINDOW))
        self._window = (0.5 - 0.5 * cosine).astype(np.float32)  # Hann's, periodic
        self._bank = MelBank(mel_matrix().T.astype(np.float32))
        self._spaces = threading.local()

    def __call__(self, frames: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Return the log-mel spectra, float32, shape (n, 64), of frames of shape (n, 400).

        A frame gives the same bits however many others come with it.
        """
        out = np.empty((len(frames), BANDS), np.float32)
        for first in range(0, len(frames), _BLOCK):
            self._block(frames[first : first + _BLOCK], out[first : first + _BLOCK])
        return out

    def _block(self, frames: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        space, size = self._space(), len(frames)
        tiled = -(-size // TILE) * TILE
        np.multiply(frames, self._window, out=space.frames[:size, :WINDOW])
        spectra = space.transformed(size)
        np.abs(spectra, out=space.magnitudes[:size])
        space.magnitudes[size:tiled] = 0.0
        mels = self._bank(space.magnitudes[:tiled])[:size]
        mels += _OFFSET
        np.log(mels, out=out)

    def _space(self) -> _Space:
        space: _Space | None = getattr(self._spaces, "one", None)
        if space is None:
            space = self._spaces.one = _Space.new()
        return space


@dataclass(frozen=True, slots=True)
class _Space:
    """Memory for one block: to fetch it afresh would cost as much as the transform."""

    frames: NDArray[np.float32]
    spectra: NDArray[np.complex64]
    magnitudes: NDArray[np.float32]

    @classmethod
    def new(cls) -> _Space:
        frames = np.zeros((_BLOCK, _FFT), np.float32)  # the end of each frame stays silent
        spectra = np.empty((_BLOCK, _BINS), np.complex64)
        return cls(frames, spectra, np.empty((_BLOCK, _BINS), np.float32))

    def transformed(self, size: int) -> NDArray[np.complex64]:
        spectra = self.spectra[:size]
        if _SINGLE:
            np.fft.rfft(self.frames[:size], out=spectra)  # type: ignore[arg-type]  # numpy knows
            return spectra
        np.copyto(spectra, np.fft.rfft(self.frames[:size]), casting="same_kind")
        return spectra


@functools.cache
def log_mel() -> LogMel:
    """Return the one `LogMel` of this process."""
    return LogMel()
