"""Signals that tell extractors apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["one_window", "whole_signals"]

_FLOOR = 1e-3  # noise under everything, so that no value hangs on rounding
_Samples = NDArray[np.float32]


def one_window(rate: int, window: float) -> list[_Samples]:
    """Return noise, a chirp and tones, each as long as one window.

    Parameters
    ----------
    rate
        Hz.
    window
        Seconds.
    """
    count = round(rate * window)
    return [_noise(count, seed=1), _chirp(rate, count), _tones(rate, count)]


def whole_signals(rate: int, window: float) -> list[_Samples]:
    """Return signals of other lengths, one with a silence of zeros in it, see `one_window`."""
    lengths = [round(rate * window * factor) for factor in (2.0, 1.53, 3.217)]
    broken = _noise(lengths[2], seed=2)
    broken[lengths[2] // 3 : lengths[2] * 3 // 4] = 0
    return [_tones(rate, lengths[0]), _chirp(rate, lengths[1]), broken]


def _noise(count: int, *, seed: int, level: float = 0.1) -> _Samples:
    samples = np.random.default_rng(seed).standard_normal(count) * level
    return samples.astype(np.float32)


def _chirp(rate: int, count: int) -> _Samples:
    times = np.arange(count) / rate
    sweep = (0.45 * rate - 50.0) / (count / rate)  # Hz per second
    samples = 0.5 * np.sin(2 * np.pi * (50.0 * times + sweep / 2 * times**2))
    return samples.astype(np.float32) + _noise(count, seed=3, level=_FLOOR)


def _tones(rate: int, count: int) -> _Samples:
    times = np.arange(count) / rate
    samples = sum(0.2 * np.sin(2 * np.pi * part * rate * times) for part in (0.03, 0.11, 0.37))
    return np.asarray(samples, np.float32) + _noise(count, seed=4, level=_FLOOR)
