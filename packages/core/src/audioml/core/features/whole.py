"""The log-mel spectrogram of a whole signal, computed as the signal comes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..values import Audio, Rows
from .layouts import arranged
from .scales import Scale
from .spectra import Cut, MelSpectra
from .stft import PadMode
from .windows import Tape, mono, strided

__all__ = ["WholeStream"]


class WholeStream:
    """One row, at the end; until then features are kept, not the sound."""

    def __init__(
        self,
        spectra: MelSpectra,
        scale: Scale,
        window: NDArray[Any],
        *,
        hop_length: int,
        center: bool,
        pad_mode: PadMode,
        padded: bool,
        rate: int,
        tensor: str,
        axes: str,
    ) -> None:
        self._spectra, self._scale, self._window = spectra, scale, window
        self._hop, self._margin = hop_length, len(window) // 2 if center else 0
        self._pad_mode, self._padded = pad_mode, padded
        self._rate, self._tensor, self._axes = rate, tensor, axes
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next block begins a new signal."""
        self._tape = Tape()
        self._mels: list[NDArray[Any]] = []
        self._start: float | None = None
        self._opened = False

    def push(self, audio: Audio, /) -> Rows:
        """Take a block; no row is complete before the end."""
        return self.run(audio)

    def finish(self) -> Rows:
        """Return the row, or none for a signal without samples."""
        return self.run(None, last=True)

    def run(self, audio: Audio | None, /, *, last: bool = False) -> Rows:
        """Take a block; ``last`` says that the signal ends with it."""
        if audio is not None:
            self._start = audio.start if self._start is None else self._start
            self._tape.append(mono(audio, self._rate))
        if last:
            rows = self._closed()
            self.reset()
            return rows
        self._advance()
        return self._rows([])

    def _advance(self) -> None:
        """Compute the frames that the end of the signal cannot reach."""
        reach = self._margin + 1  # a reflection at the end looks back so far
        if not self._opened and self._tape.size >= reach:
            self._pad(self._margin, 0)
            self._opened = True
        needed = max(len(self._window), self._hop + reach)
        if self._opened and self._tape.size >= needed:
            self._take((self._tape.size - needed) // self._hop + 1)

    def _closed(self) -> Rows:
        if not self._opened and not self._tape.size:
            return self._rows([])
        self._pad(0 if self._opened else self._margin, self._margin)
        tape, size = self._tape, len(self._window)
        if tape.size < size and not self._mels and self._padded:
            tape.append(np.zeros(size - tape.size, np.float32))
        if tape.size >= size:
            self._take((tape.size - size) // self._hop + 1)
        return self._rows([np.concatenate(self._mels)] if self._mels else [])

    def _pad(self, before: int, after: int) -> None:
        padded = np.pad(self._tape.samples(), (before, after), mode=self._pad_mode)
        self._tape = Tape()
        self._tape.append(padded)

    def _take(self, frames: int) -> None:
        samples, size = self._tape.samples(), len(self._window)
        double = samples[: (frames - 1) * self._hop + size].astype(np.float64)
        view = strided(double, (1, frames, size), (0, self._hop, 1))
        self._mels.append(self._spectra([Cut(view, self._window)])[0][0])
        self._tape.drop(frames * self._hop)

    def _rows(self, mels: list[NDArray[Any]]) -> Rows:
        size = self._spectra.size
        rows = np.stack(mels) if mels else np.zeros((0, 0, size), np.float32)
        rows = arranged(self._scale.rows(rows), self._axes, axes="tm")
        starts = np.full(len(rows), self._start or 0.0)
        return Rows({self._tensor: np.ascontiguousarray(rows, np.float32)}, starts)
