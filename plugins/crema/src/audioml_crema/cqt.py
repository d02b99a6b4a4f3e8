"""A seven-octave constant-Q power spectrogram of a whole signal or of one that arrives in blocks.

Every octave is the one above at half the rate, so that one kernel serves all of them
(Schoerkhuber and Klapuri 2010). The kernel is the one of ``librosa.cqt`` (0.9 and later) with 36
bins per octave, and the answer is the one that librosa gives with ``fmin`` C1 and 252 bins.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

__all__ = [
    "BINS",
    "BINS_PER_OCTAVE",
    "HOP_LENGTH",
    "OCTAVES",
    "RATE",
    "TAPS",
    "WIDTH",
    "decimate",
    "kernel",
    "octave_power",
]

RATE = 44100
"""Sample rate in Hz."""
HOP_LENGTH = 4096
"""Samples from one frame to the next."""
OCTAVES = 7
BINS_PER_OCTAVE = 36
BINS = OCTAVES * BINS_PER_OCTAVE
TAPS = 1024
"""Length of the kernel, at the rate of each octave."""
WIDTH = 95
"""Length of the filter that `decimate` uses."""
_C1 = 32.70319566257483  # Hz
_ZEROS, _BETA, _ROLL_OFF = 24, 9.90322, 0.868212  # resampy's "kaiser_fast", as librosa 0.9 uses
_SPARSITY = 0.01  # librosa drops the smallest values of a filter's spectrum, 1 % of their sum
_LANES = 64  # outputs of one row of the product in `decimate`; 32 to 64 are equally fast


@functools.cache
def kernel() -> NDArray[np.float32]:
    """Return the filters of the top octave, at half of `RATE`.

    Shape (1024, 72): the real parts of 36 bins and the imaginary ones. A frame of 1024 samples
    around its time, multiplied by it, gives the octave's constant-Q transform.

    The filters are complex exponentials under Hann windows of ``Q * rate / frequency`` samples,
    their spectra without the smallest values, back in the time domain.
    """
    ratio = 2.0 ** (1 / BINS_PER_OCTAVE)
    quality = (ratio**2 + 1) / (ratio**2 - 1)
    rate = RATE / 2
    top = _C1 * 2 ** (OCTAVES - 1) * ratio ** np.arange(BINS_PER_OCTAVE)
    lengths = quality * rate / top
    filters = np.zeros((BINS_PER_OCTAVE, TAPS), np.complex128)
    for row, frequency, length in zip(filters, top, lengths, strict=True):
        time = np.arange(-length // 2, length // 2)
        wave = np.exp(2j * np.pi * frequency / rate * time)
        wave *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(wave)) / len(wave))
        first = (TAPS - len(wave)) // 2
        row[first : first + len(wave)] = wave * (length / TAPS / np.abs(wave).sum())
    spectra = np.zeros_like(filters)
    half = TAPS // 2 + 1  # the filters are analytic, but for what their windows leak
    spectra[:, :half] = _sparse(np.fft.fft(filters)[:, :half])
    # sqrt(2): librosa keeps the energy of a signal that it decimates
    taps = np.fft.fft(spectra) * np.sqrt(2 / lengths)[:, np.newaxis]
    return np.concatenate([taps.real, taps.imag]).T.astype(np.float32)


def _sparse(spectra: NDArray[np.complex128]) -> NDArray[np.complex128]:
    sizes = np.abs(spectra)
    ascending = np.sort(sizes, axis=1)
    share = np.cumsum(ascending / ascending.sum(axis=1, keepdims=True), axis=1)
    first_kept = np.argmin(share < _SPARSITY, axis=1)
    smallest = np.take_along_axis(ascending, first_kept[:, np.newaxis], axis=1)
    return np.where(sizes >= smallest, spectra, 0)


@functools.cache
def _band() -> NDArray[np.float32]:
    """Return the decimating filter as a banded matrix: windows in, `_LANES` outputs each."""
    at = (np.arange(WIDTH) - WIDTH // 2) / 2
    window = np.i0(_BETA * np.sqrt(1 - (at / _ZEROS) ** 2)) / np.i0(_BETA)
    taps = 0.5 * _ROLL_OFF * np.sinc(_ROLL_OFF * at) * window
    band = np.zeros((2 * _LANES + WIDTH - 2, _LANES), np.float32)
    for lane in range(_LANES):
        band[2 * lane : 2 * lane + WIDTH, lane] = taps
    return band


def decimate(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a low-passed signal at half the rate.

    Parameters
    ----------
    samples
        float32, shape (2 n + 93,), n a multiple of 64: 47 samples of what comes before, the
        signal, and 46 of what comes after.

    Returns
    -------
    float32, shape (n,)

    Notes
    -----
    Written as a product with a banded matrix, several times faster than the convolution. The
    windows overlap, and numpy has no fast product for that, so it takes two without copies.
    """
    band, stride = _band(), 2 * _LANES
    rows = (len(samples) - WIDTH + 2) // stride
    out = samples[: rows * stride].reshape(rows, stride) @ band[:stride]
    size = samples.itemsize
    beyond = as_strided(samples[stride:], (rows, WIDTH - 2), (stride * size, size), writeable=False)
    out += beyond @ band[stride:]
    return out.reshape(-1)


def octave_power(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of one octave's bins.

    Parameters
    ----------
    windows
        float32, shape (n, 1024): a frame of the octave's own signal in each row.

    Returns
    -------
    float32, shape (n, 36)
    """
    parts = windows @ kernel()
    parts *= parts
    return parts[:, :BINS_PER_OCTAVE] + parts[:, BINS_PER_OCTAVE:]
