"""Spectra of which training draws its features, at any of twelve transpositions.

A transposition moves the bins of a constant-Q spectrum by three for each semitone, and nothing
else; so it needs no second pass over the sound, and no pitch shifter, whose marks the network would
learn. What is moved in from above is computed: the spectrum has an octave more than the network
sees. What is moved in from below, under C1, is silence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..blocks import ConstantQ
from ..cqt import BINS, BINS_PER_OCTAVE, HOP_LENGTH, TAPS, octave_power
from ..features import FLOOR, RANGE
from ..network import BINS as SEEN

__all__ = ["ALL_BINS", "SHIFTS", "frames_of", "log_power", "loudest", "shifted"]

ALL_BINS = BINS + BINS_PER_OCTAVE
"""Eight octaves from C1."""
SHIFTS = range(-6, 6)
"""The transpositions in semitones, as crema's author has them."""
_PER_SEMITONE = BINS_PER_OCTAVE // 12
_CHANNELS = (0, BINS_PER_OCTAVE)  # first bin of each harmonic
_SILENCE = np.log(np.float32(FLOOR**2))
_GAIN = 0.5  # of the octave at the full rate, beside the 1 of the one at half of it
_TURN = 64  # frames

Read = Callable[[int, int], NDArray[np.float32]]


def frames_of(length: int) -> int:
    """Return the frames of ``length`` samples at 44.1 kHz."""
    return max(1, length // HOP_LENGTH)


def log_power(read: Read, length: int) -> NDArray[np.float32]:
    """Return the natural logarithm of a signal's power, float32, shape (frames, 288).

    Parameters
    ----------
    read
        Gives the samples from one to another, float32, at 44.1 kHz.
    length
        How many there are.
    """
    frames, turn = frames_of(length), _TURN * HOP_LENGTH
    out = np.empty((frames, ALL_BINS), np.float32)
    lower = ConstantQ()
    for first in range(0, length, turn):
        lower.push(read(first, min(first + turn, length)))
    out[:, :BINS] = lower.finish(frames)
    for first in range(0, frames, _TURN):
        last = min(first + _TURN, frames)
        out[first:last, BINS:] = _top_octave(read, first, last, length)
    np.maximum(out, np.float32(FLOOR**2), out=out)
    return np.log(out, out=out)


def _top_octave(read: Read, first: int, last: int, length: int) -> NDArray[np.float32]:
    begin = first * HOP_LENGTH - TAPS // 2
    around = np.zeros((last - first - 1) * HOP_LENGTH + TAPS, np.float32)
    start, stop = max(begin, 0), min(begin + len(around), length)
    around[start - begin : max(stop, start) - begin] = read(start, max(stop, start))
    windows = np.ascontiguousarray(sliding_window_view(around, TAPS)[::HOP_LENGTH])
    return octave_power(windows) * np.float32(_GAIN)


def loudest(logs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the loudest moment of each harmonic at each of `SHIFTS`: float32, shape (12, 2).

    Parameters
    ----------
    logs
        float32, shape (frames, 288), of a whole recording, as `log_power` gives it.
    """
    peaks = logs.max(axis=0, initial=_SILENCE)[np.newaxis]
    found = [[_moved(peaks, c, shift).max() for c in _CHANNELS] for shift in SHIFTS]
    return np.array(found, np.float32)


def shifted(
    logs: NDArray[np.float32], peaks: NDArray[np.float32], semitones: int
) -> NDArray[np.float32]:
    """Return features moved up by semitones: float32, shape (frames, 216, 2), dB.

    Those that are moved by none are what `audioml_crema.features.HCQT` gives.

    Parameters
    ----------
    logs
        float32, shape (frames, 288): a recording, or frames of it.
    peaks
        What `loudest` says of the whole recording.
    semitones
        One of `SHIFTS`.
    """
    out = np.empty((len(logs), SEEN, 2), np.float32)
    for channel, low in enumerate(_CHANNELS):
        peak = peaks[SHIFTS.index(semitones), channel]
        moved = _moved(logs, low, semitones) - peak
        moved *= np.float32(10 / np.log(10))
        out[..., channel] = np.maximum(moved, np.float32(-RANGE)) if peak > _SILENCE else -RANGE
    return out


def _moved(logs: NDArray[np.float32], low: int, semitones: int) -> NDArray[np.float32]:
    """Return the bins that stand for those from ``low`` on after a transposition."""
    first = low - _PER_SEMITONE * semitones
    found = logs[:, max(first, 0) : first + SEEN]
    return np.pad(found, ((0, 0), (max(-first, 0), 0)), constant_values=_SILENCE)
