"""How far labels lie from the sound that they label.

The onset strength of the sound (half-wave rectified spectral flux of a mel spectrum; Böck and
Widmer 2013, sec. 2) is correlated with the onsets of the labels. The lag of the highest
correlation is the offset; how far it stands above any other lag is the confidence. Music of
equal beats has rivals one beat away, and so little confidence, which is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.features import LogMel
from audioml.core.values import Audio

__all__ = ["SURE", "Alignment", "estimate_offset", "onset_strength"]

SURE = 0.25
"""Confidence from which on an offset is believed: noise gives .1 at most, music .4 and more."""

_FPS = 100
_LONGEST = 600  # seconds of sound that are listened to
_BLOCK = 10  # seconds
_NEAR = 0.08  # seconds around the best lag that are no rivals of it
_FEWEST = 4  # onsets


@dataclass(frozen=True, slots=True)
class Alignment:
    """``offset`` in seconds, above 0 where the sound comes later than its labels; ``confidence``
    from 0 to 1; and how many onsets it rests on.
    """

    offset: float
    confidence: float
    onsets: int


def onset_strength(samples: NDArray[Any], rate: int, /) -> tuple[NDArray[np.float64], float]:
    """Return the onset strength of a sound, shape (frames,), and the seconds between two frames.

    Parameters
    ----------
    samples
        int16 as a corpus keeps it, or floating point, shape (n,); ten minutes of it are used.
    rate
        Hz.
    """
    hop, size = max(1, rate // _FPS), 1 << max(5, round(np.log2(rate * 0.032)))
    mel = LogMel(
        rate=rate,
        n_fft=size,
        hop_length=hop,
        n_mels=24,
        fmin=min(60.0, rate / 8),
        fmax=min(8000.0, rate / 2),
        power=1.0,
        log="ln",
        offset=1e-2,
        layout="tm",
    ).stream()
    scale = 32768.0 if samples.dtype.kind == "i" else 1.0
    for first in range(0, min(len(samples), _LONGEST * rate), _BLOCK * rate):
        part = samples[first : min(first + _BLOCK * rate, _LONGEST * rate)]
        mel.push(Audio((part / scale).astype(np.float32), rate, first / rate))
    rows = mel.finish()
    spectra = rows.tensors["logmel"]
    if not len(spectra) or spectra.shape[1] < 2:
        return np.zeros(0), hop / rate
    rise = np.maximum(np.diff(spectra[0].astype(np.float64), axis=0), 0).mean(axis=1)
    return np.append(0.0, rise), hop / rate


def estimate_offset(
    strength: NDArray[np.float64], hop: float, onsets: NDArray[np.float64], *, limit: float = 2.0
) -> Alignment | None:
    """Return how much later the sound is than the onsets say, or None where that cannot be told.

    Parameters
    ----------
    strength, hop
        See `onset_strength`.
    onsets
        Seconds, shape (n,).
    limit
        Seconds: lags up to here are looked at.
    """
    onsets = onsets[(onsets >= -limit) & (onsets < len(strength) * hop + limit)]
    flux = _flattened(strength, round(0.5 / hop))
    if len(np.unique(onsets)) < _FEWEST or not flux.any():
        return None
    margin = round(limit / hop) + 2
    train = _train(onsets / hop + margin, len(flux) + 2 * margin)
    train -= train.mean()
    size = 1 << int(np.ceil(np.log2(len(train) + len(flux))))
    spectrum = np.conj(np.fft.rfft(train, size)) * np.fft.rfft(np.pad(flux, (margin, 0)), size)
    around = np.fft.irfft(spectrum, size)
    lags = np.arange(1 - margin, margin)
    scores = around[lags] / (np.linalg.norm(train) * np.linalg.norm(flux) + 1e-12)
    best = int(np.argmax(scores))
    if scores[best] <= 0:
        return None
    away = np.abs(lags - lags[best]) * hop > _NEAR
    rival = max(float(scores[away].max(initial=0.0)), 0.0)
    fine = _vertex(scores, best)
    return Alignment(float((lags[best] + fine) * hop), 1 - rival / float(scores[best]), len(onsets))


def _flattened(strength: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return a strength without what is usual around it, so that loud passages do not rule."""
    if len(strength) < 2:
        return strength
    width = min(2 * width + 1, len(strength))
    sums = np.cumsum(np.pad(strength, (width // 2 + 1, width - width // 2 - 1), mode="edge"))
    level = (sums[width:] - sums[:-width]) / width
    risen = np.maximum(strength - level[: len(strength)], 0)
    return np.asarray(np.sqrt(risen))


def _train(frames: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return a bell of a few frames at each onset."""
    train = np.zeros(size)
    middle = np.rint(frames).astype(np.int64)
    for step in range(-3, 4):
        at = middle + step
        inside = (at >= 0) & (at < size)
        np.maximum.at(train, at[inside], np.exp(-0.5 * (at - frames)[inside] ** 2))
    return train


def _vertex(scores: NDArray[np.float64], at: int) -> float:
    """Return where between frames the parabola through three scores has its top."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, top, after = scores[at - 1 : at + 2]
    bend = before - 2 * top + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
