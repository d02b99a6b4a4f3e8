"""The features of crema's chord network: a harmonic constant-Q spectrogram in decibels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio, Rows

from .blocks import ConstantQ
from .cqt import BINS_PER_OCTAVE, HOP_LENGTH, RATE

__all__ = ["FLOOR", "HCQT", "RANGE", "decibels", "harmonics"]

FLOOR = 1e-5
"""Amplitude under which nothing is told apart."""
RANGE = 80.0
"""How far under the maximum anything is told apart, dB."""
_BINS = 216


def decibels(power: NDArray[np.float32], *, compat: bool = False) -> NDArray[np.float32]:
    """Return powers in dB under their maximum, -80 at the least.

    Parameters
    ----------
    power
        float32, shape (frames, bins).
    compat
        Call silence 0 dB, as crema does: it divides the floor of 1e-5 by itself. Otherwise
        silence is -80 dB.

    Returns
    -------
    float32, shape (frames, bins), dB
    """
    out = np.maximum(power, np.float32(FLOOR**2))
    loudest = out.max(initial=np.float32(FLOOR**2))
    if loudest <= np.float32(FLOOR**2) and not compat:
        return np.full_like(out, -RANGE)
    np.log(out, out=out)  # three times faster than log10, which numpy does not vectorise
    out -= np.log(loudest)
    out *= np.float32(10 / np.log(10))
    return np.maximum(out, np.float32(-RANGE), out=out)


def harmonics(power: NDArray[np.float32], *, compat: bool = False) -> NDArray[np.float32]:
    """Return six octaves from C1 and six from C2 as two channels, each under its own maximum.

    Parameters
    ----------
    power
        float32, shape (frames, 252): seven octaves from C1.
    compat
        See `decibels`.

    Returns
    -------
    float32, shape (frames, 216, 2), dB
    """
    out = np.empty((len(power), _BINS, 2), np.float32)
    out[..., 0] = decibels(power[:, :_BINS], compat=compat)
    out[..., 1] = decibels(power[:, BINS_PER_OCTAVE:], compat=compat)
    return out


class HCQT(FeatureExtractor):
    """Extracts ``cqt_mag``, float32, shape (1, frames, 216, 2), in dB: one row for a whole signal.

    There is a frame for every full 4096 samples at 44.1 kHz, and one at least. Only the spectrum
    is kept of a signal that is streamed.

    Parameters
    ----------
    compat
        Do as crema does: silence is 0 dB everywhere, and a signal of less than a frame is an
        error.
    """

    rate: int | None = RATE
    window: float | None = None
    hop: float | None = HOP_LENGTH / RATE

    def __init__(self, *, compat: bool = False) -> None:
        self.compat = compat

    def stream(self) -> _Stream:
        """Return a new stream."""
        return _Stream(compat=self.compat)


class _Stream:
    """One signal on its way to one row."""

    def __init__(self, *, compat: bool) -> None:
        self._compat = compat
        self.reset()

    def reset(self) -> None:
        self._spectrum = ConstantQ()
        self._start: float | None = None

    def push(self, audio: Audio, /) -> Rows:
        if audio.rate != RATE or audio.channels != 1:
            raise AudioError(
                f"crema-hcqt takes mono at {RATE} Hz, got {audio.channels} channel(s) at "
                f"{audio.rate} Hz; conform() the audio first"
            )
        if self._start is None:
            self._start = audio.start
        self._spectrum.push(audio.samples[0])
        return _nothing()

    def finish(self) -> Rows:
        if self._start is None:
            return _nothing()
        start = self._start
        power = self._spectrum.finish(self._frames(self._spectrum.length))
        self.reset()
        features = harmonics(power, compat=self._compat)
        return Rows({"cqt_mag": features[np.newaxis]}, np.array([start]))

    def _frames(self, length: int) -> int:
        if not self._compat:
            return max(1, length // HOP_LENGTH)
        # pumpp counts them from the duration in seconds, and rounding can cost the last one
        frames = int(length / RATE * RATE) // HOP_LENGTH
        if frames == 0:
            raise AudioError(
                f"crema needs {HOP_LENGTH} samples at {RATE} Hz at least, got {length}"
            )
        return frames


def _nothing() -> Rows:
    return Rows({"cqt_mag": np.empty((0, 0, _BINS, 2), np.float32)}, np.empty(0))
