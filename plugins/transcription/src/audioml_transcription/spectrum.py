"""The front end in numpy: two spectra on one logarithmic scale of three bins a semitone.

A short window tells when, a long one what. Frame ``i`` is centred on sample ``i * HOP``; what is
beyond the signal's ends is silence. Levels are relative to the recording's own, see `gain`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BINS",
    "CHANNELS",
    "FPS",
    "HOP",
    "LONG",
    "RATE",
    "SHORT",
    "bands",
    "compressed",
    "filters",
    "gain",
    "spectra",
    "window",
]

RATE = 16000
HOP = 320
FPS = RATE / HOP
SHORT, LONG = 2048, 8192
CHANNELS = 2
_SEMITONES = 99  # from the lowest key to 8 kHz
BINS = 3 * _SEMITONES
_FLOOR = 1e-8  # power of a tone that is not heard
_LEVEL = 0.1  # RMS that a recording is brought to
_MOST = 100.0  # times that it may be made louder: silence stays silence
_TURN = 128  # frames at once


@cache
def window(size: int) -> NDArray[np.float32]:
    """Return a periodic Hann window by which a tone of amplitude a has power a * a."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    scaled: NDArray[np.float32] = (hann * (2 / hann.sum())).astype(np.float32)
    return scaled


@cache
def filters(size: int) -> NDArray[np.float32]:
    """Return triangles on the logarithmic scale, float32, shape (size // 2 + 1, BINS).

    Each reaches to its neighbours' centres, or to the transform's next bins where these are
    farther.
    """
    hertz = np.arange(size // 2 + 1) * RATE / size
    centres = 27.5 * 2 ** ((np.arange(BINS) - 1) / 36)
    reach = np.maximum(centres * (2 ** (1 / 36) - 1), RATE / size)
    slopes = 1 - np.abs(hertz[:, np.newaxis] - centres) / reach
    return np.maximum(slopes, 0).astype(np.float32)


def gain(samples: NDArray[np.float32]) -> float:
    """Return what brings a recording to its usual level: the RMS of what is not a pause."""
    count = len(samples) // HOP
    if not count:
        return 1.0
    power = np.square(samples[: count * HOP].reshape(count, HOP), dtype=np.float32).mean(axis=1)
    loud = power[power > 1e-3 * power.max()]
    rms = float(np.sqrt(loud.mean())) if len(loud) else 0.0
    return min(_LEVEL / rms, _MOST) if rms > 0 else 1.0


def compressed(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return powers as the network takes them: 0.25 for each factor of ten, -1 for silence."""
    out = np.maximum(power, np.float32(_FLOOR))
    np.log(out, out=out)
    out *= np.float32(0.25 / np.log(10))
    out += 1
    return out


@cache
def bands(size: int) -> tuple[tuple[slice, slice, NDArray[np.float32]], ...]:
    """Return the filters in groups: rows that matter, columns, and the weights there."""
    weights, found = filters(size), []
    for first in range(0, BINS, 27):
        columns = slice(first, first + 27)
        used = np.flatnonzero(weights[:, columns].any(axis=1))
        rows = slice(int(used[0]), int(used[-1]) + 1)
        found.append((rows, columns, np.ascontiguousarray(weights[rows, columns])))
    return tuple(found)


def spectra(
    samples: NDArray[np.float32], *, first: int = 0, frames: int | None = None
) -> NDArray[np.float32]:
    """Return both spectra of some frames, float32, shape (2, frames, BINS).

    Parameters
    ----------
    samples
        float32, shape (n,), at 16 kHz.
    first
        The first frame; it may be negative, or beyond the end, where there is silence.
    frames
        How many; as many as begin in the signal if it is not said.
    """
    count = 1 + (len(samples) - 1) // HOP - first if frames is None else frames
    out = np.empty((CHANNELS, count, BINS), np.float32)
    for begin in range(0, count, _TURN):
        turn = min(_TURN, count - begin)
        for channel, size in enumerate((SHORT, LONG)):
            cut = _cut(samples, (first + begin) * HOP - size // 2, (turn - 1) * HOP + size)
            out[channel, begin : begin + turn] = _logarithmic(cut, size)
    return out


def _cut(samples: NDArray[np.float32], start: int, count: int) -> NDArray[np.float32]:
    """Return samples from ``start`` on, zeros where there are none."""
    low, high = min(max(start, 0), len(samples)), min(max(start + count, 0), len(samples))
    out = np.zeros(count, np.float32)
    if high > low:
        out[low - start : high - start] = samples[low:high]
    return out


def _logarithmic(samples: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    framed = np.lib.stride_tricks.sliding_window_view(samples, size)[::HOP]
    spectrum = np.fft.rfft(framed * window(size), axis=1)
    power = np.square(spectrum.real, dtype=np.float32)
    power += np.square(spectrum.imag, dtype=np.float32)
    out = np.empty((len(framed), BINS), np.float32)
    for rows, columns, weights in bands(size):
        np.matmul(power[:, rows], weights, out=out[:, columns])
    return compressed(out)
