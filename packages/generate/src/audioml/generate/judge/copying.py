"""Whether a song was heard before: the place of all that was trained on that is most like it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Found", "cut", "nearest"]

_LEAST = 1e-3  # of the loudest second: quieter places of what was trained on are not compared

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a window was found.

    Parameters
    ----------
    likeness
        Normalised correlation, 0 to 1: 1 is the same sound, louder or softer, or upside down.
    window
        Number of the window that was looked for.
    id
        Of the song that it was found in.
    start
        First sample there.
    """

    likeness: float
    window: int
    id: str
    start: int


def cut(songs: Sequence[Samples], *, length: int, most: int) -> list[Samples]:
    """Return at most ``most`` windows, spread over the songs; silent ones are left out."""
    every = [
        song[at : at + length]
        for song in songs
        for at in range(0, len(song) - length + 1, length)
        if np.square(song[at : at + length]).mean() > 1e-8
    ]
    if len(every) <= most:
        return every
    return [every[at * len(every) // most] for at in range(most)]


def nearest(windows: Sequence[Samples], songs: Iterable[tuple[str, Samples]]) -> list[Found]:
    """Return for each window the place that is most like it, at any offset of any song.

    Parameters
    ----------
    windows
        float32, all of one length.
    songs
        Identity and samples, float32, of what was trained on; shorter ones than a window are
        passed over.
    """
    best = [Found(0.0, number, "", 0) for number in range(len(windows))]
    if not windows:
        return best
    length = len(windows[0])
    energies = [float(np.sqrt(np.square(w.astype(np.float64)).sum())) for w in windows]
    for name, song in songs:
        if len(song) < length:
            continue
        size = 1 << (len(song) + length - 1).bit_length()
        spectrum, norms = np.fft.rfft(song, size), _norms(song, length)
        for number, window in enumerate(windows):
            likeness = _correlated(spectrum, window, size, len(norms)) / (norms * energies[number])
            at = int(likeness.argmax())
            if likeness[at] > best[number].likeness:
                best[number] = Found(min(float(likeness[at]), 1.0), number, name, at)
    return best


def _correlated(
    spectrum: NDArray[np.complex128], window: Samples, size: int, count: int
) -> NDArray[np.float64]:
    """Return the absolute sum of products with the window at each place."""
    product = spectrum * np.conj(np.fft.rfft(window, size))
    return np.abs(np.fft.irfft(product, size)[:count])


def _norms(song: Samples, length: int) -> NDArray[np.float64]:
    """Return the root of the energy of each window of a song; of silence, infinity."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(song.astype(np.float64)))])
    energy = np.maximum(sums[length:] - sums[:-length], 0.0)
    quiet = energy <= _LEAST * max(float(energy.max()), 1e-9)
    return np.where(quiet, np.inf, np.sqrt(energy))
