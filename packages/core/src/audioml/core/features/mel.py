"""Mel filters, as librosa 0.11 builds them, and a way of applying them to many frames."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..errors import ValidationError

__all__ = ["TILE", "MelBank", "hz_to_mel", "mel_filters", "mel_to_hz"]

TILE = 8
"""Frames per matrix product, see `MelBank`."""

_BAND = 16
_LARGEST = 1 << 24  # numbers in a bank of filters: 64 MB
_HZ_PER_MEL = 200.0 / 3  # Slaney's scale is linear below 1 kHz ...
_KNEE = 1000.0 / _HZ_PER_MEL
_STEP = np.log(6.4) / 27.0  # ... and logarithmic above (Auditory Toolbox, 1998)


def hz_to_mel(hz: ArrayLike, *, htk: bool = False) -> NDArray[np.float64]:
    """Return frequencies on the mel scale of Slaney's Auditory Toolbox, or on HTK's."""
    hz = np.asarray(hz, dtype=np.float64)
    if htk:
        return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0))
    above = _KNEE + np.log(np.maximum(hz, 1000.0) / 1000.0) / _STEP
    return np.where(hz >= 1000.0, above, hz / _HZ_PER_MEL)


def mel_to_hz(mel: ArrayLike, *, htk: bool = False) -> NDArray[np.float64]:
    """Return the frequencies in Hz of points on the mel scale, see `hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if htk:
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    above = 1000.0 * np.exp(_STEP * (np.maximum(mel, _KNEE) - _KNEE))
    return np.where(mel >= _KNEE, above, mel * _HZ_PER_MEL)


def mel_filters(
    rate: float,
    *,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Literal["slaney"] | None = "slaney",
) -> NDArray[np.float32]:
    """Return triangular filters, float32, shape (n_mels, 1 + n_fft // 2).

    Parameters
    ----------
    rate
        Sample rate in Hz.
    n_fft
        Length of the transform in samples.
    n_mels
        Number of filters, evenly spaced in mel.
    fmin, fmax
        Range in Hz; half the rate by default.
    htk
        HTK's mel scale rather than Slaney's.
    norm
        ``slaney`` gives every filter the same area; None gives every filter a peak of 1.

    Raises
    ------
    ValidationError
        If the range is empty or ``norm`` is unknown.
    """
    fmax = rate / 2 if fmax is None else fmax
    if n_mels < 1 or n_fft < 2 or not 0 <= fmin < fmax:
        raise ValidationError(
            f"mel filters need n_mels >= 1, n_fft >= 2 and 0 <= fmin < fmax, "
            f"got {n_mels}, {n_fft}, {fmin}, {fmax}"
        )
    if n_mels * (n_fft // 2 + 1) > _LARGEST:
        raise ValidationError(
            f"n_mels={n_mels} filters of n_fft={n_fft} take more memory than they are worth; "
            f"expected n_mels times n_fft below {2 * _LARGEST}"
        )
    if norm not in ("slaney", None):
        raise ValidationError(f"'norm' must be 'slaney' or None, got {norm!r}")
    ends = hz_to_mel([fmin, fmax], htk=htk)
    edges = mel_to_hz(np.linspace(ends[0], ends[1], n_mels + 2), htk=htk)
    slopes = np.subtract.outer(edges, np.fft.rfftfreq(n_fft, 1.0 / rate))
    widths = np.diff(edges)[:, np.newaxis]
    ramps = np.minimum(-slopes[:-2] / widths[:-1], slopes[2:] / widths[1:])
    filters: NDArray[np.float32] = np.maximum(0, ramps).astype(np.float32)
    if norm:
        filters *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    if not filters.any(axis=1).all():
        warnings.warn(
            f"{int((~filters.any(axis=1)).sum())} of {n_mels} mel filters hold no frequency of "
            f"n_fft={n_fft} at {rate} Hz; use fewer filters or a longer transform",
            stacklevel=2,
        )
    return filters


class MelBank:
    """Mel filters made ready for use.

    A filter covers few frequencies, so each band of filters is multiplied with its own range
    only: half the time for 64 filters, a sixth for 229. The product is taken over tiles of 8
    frames, so that a frame gives the same bits however many others come with it; and tiles are
    too small for the threads of a BLAS, which cost more than they bring here.
    """

    def __init__(self, filters: NDArray[np.float32], *, dtype: DTypeLike = np.float32) -> None:
        self.size, self.dtype = len(filters), np.dtype(dtype)
        self._bands = [
            _band(filters, slice(first, first + _BAND), dtype)
            for first in range(0, len(filters), _BAND)
        ]

    def __call__(self, spectra: NDArray[Any], /) -> NDArray[Any]:
        """Return the mel spectra, shape (n, n_mels), of spectra of shape (n, bins).

        ``n`` is a multiple of `TILE`.
        """
        tiles = spectra.reshape(-1, TILE, spectra.shape[1])
        mels = np.empty((len(tiles), TILE, self.size), spectra.dtype)
        for rows, bins, weights in self._bands:
            np.matmul(tiles[:, :, bins], weights, out=mels[:, :, rows])
        return mels.reshape(-1, self.size)


def _band(
    filters: NDArray[np.float32], rows: slice, dtype: DTypeLike
) -> tuple[slice, slice, NDArray[Any]]:
    covered = np.flatnonzero(filters[rows].any(axis=0))
    bins = slice(int(covered[0]), int(covered[-1]) + 1) if len(covered) else slice(0, 1)
    return rows, bins, np.ascontiguousarray(filters[rows, bins].T, dtype=dtype)
