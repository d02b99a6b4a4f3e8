"""Mel spectra of many frames at once, in blocks that stay in the processor's cache."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mel import TILE, MelBank
from .scales import Scale

__all__ = ["Cut", "MelSpectra"]

_HAS_OUT = int(np.__version__.partition(".")[0]) >= 2


@dataclass(frozen=True, slots=True)
class Cut:
    """Frames cut from a signal, and the window of each.

    ``frames`` has the shape (windows, frames, n_fft), ``weights`` one that broadcasts to it.
    """

    frames: NDArray[Any]
    weights: NDArray[Any]

    def __len__(self) -> int:
        return int(self.frames.shape[0] * self.frames.shape[1])

    def write(self, out: NDArray[Any]) -> None:
        """Write the windowed frames to ``out``, shape (windows * frames, n_fft)."""
        np.multiply(self.frames, self.weights, out=out.reshape(self.frames.shape))

    def blocks(self, size: int) -> Iterator[Cut]:
        """Yield the frames in their order, at most ``size`` at a time."""
        windows, frames = self.frames.shape[:2]
        together = max(1, size // max(frames, 1))
        weights = np.broadcast_to(self.weights, self.frames.shape)
        for w in range(0, windows, together):
            for f in range(0, frames, size):
                part = slice(w, w + together), slice(f, f + size)
                yield Cut(self.frames[part], weights[part])


class MelSpectra:
    """Windowed frames in, mel spectra on their scale out."""

    def __init__(self, n_fft: int, bank: MelBank, *, power: float, scale: Scale) -> None:
        self._n_fft, self._bank = n_fft, bank
        self._power, self._scale = power, scale
        self._spaces = threading.local()
        self.size = bank.size
        self.block = max(TILE, 2**17 // n_fft // TILE * TILE)
        """Frames that are worked on at a time: 1 MiB of them, which a processor's cache holds."""

    def __call__(self, cuts: Sequence[Cut], /) -> list[NDArray[Any]]:
        """Return for each cut its mel spectra, shape (windows, frames, n_mels)."""
        ends = list(itertools.accumulate(len(cut) for cut in cuts))
        if ends[-1] <= self.block:
            mels = self._together(cuts)
            parts = [mels[end - len(cut) : end] for cut, end in zip(cuts, ends, strict=True)]
        else:
            parts = [self._in_blocks(cut) for cut in cuts]
        return [
            part.reshape(*cut.frames.shape[:2], self.size)
            for part, cut in zip(parts, cuts, strict=True)
        ]

    def _in_blocks(self, cut: Cut) -> NDArray[Any]:
        parts = [self._together([part]) for part in cut.blocks(self.block)]
        return np.concatenate(parts) if parts else self._together([])

    def _together(self, cuts: Sequence[Cut]) -> NDArray[Any]:
        size = sum(len(cut) for cut in cuts)
        space = self._space(size)
        done = 0
        for cut in cuts:
            cut.write(space.frames[done : done + len(cut)])
            done += len(cut)
        return self._mels(space, size)

    def _space(self, size: int) -> _Space:
        """Return this thread's memory for so many frames: fresh memory costs as much as the FFT."""
        space: _Space | None = getattr(self._spaces, "one", None)
        if space is None or len(space.frames) < size:
            tiled = -(-max(size, self.block) // TILE) * TILE
            space = _Space.of(tiled, self._n_fft, self._bank.dtype)
            self._spaces.one = space
        return space

    def _mels(self, space: _Space, size: int) -> NDArray[Any]:
        tiled = -(-size // TILE) * TILE
        space.magnitudes[size:tiled] = 0.0
        magnitudes = space.magnitudes[:size]
        if size:
            np.abs(space.transformed(size), out=magnitudes)
        if self._power == 2.0:
            np.square(magnitudes, out=magnitudes)
        elif self._power != 1.0:
            np.power(magnitudes, self._power, out=magnitudes)
        return self._scale.frames(self._bank(space.magnitudes[:tiled])[:size])


@dataclass(frozen=True, slots=True)
class _Space:
    """Memory that is used again and again.

    The transform is in double precision, as librosa's is: it costs no more than in single, and
    what a window leaks 100 dB below a tone is right to 1e-5 dB instead of 1e-3.
    """

    frames: NDArray[np.float64]
    spectra: NDArray[np.complex128]
    rounded: NDArray[Any]
    magnitudes: NDArray[Any]

    @classmethod
    def of(cls, size: int, n_fft: int, dtype: np.dtype[Any]) -> _Space:
        bins = n_fft // 2 + 1
        spectra = np.empty((size, bins), np.complex128)
        single = dtype == np.float32
        rounded = np.empty((size, bins), np.complex64) if single else spectra
        return cls(np.empty((size, n_fft)), spectra, rounded, np.empty((size, bins), dtype))

    def transformed(self, size: int) -> NDArray[Any]:
        """Return the spectra of the first frames, in the precision of the magnitudes."""
        if _HAS_OUT:
            spectra = np.fft.rfft(self.frames[:size], out=self.spectra[:size])
        else:
            spectra = np.fft.rfft(self.frames[:size])
        rounded = self.rounded[:size]
        if self.rounded is not self.spectra or not _HAS_OUT:
            np.copyto(rounded, spectra, casting="same_kind")
        return rounded
