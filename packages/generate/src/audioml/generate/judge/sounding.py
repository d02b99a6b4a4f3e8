"""What can be heard at once to be wrong with a song: too quiet, clipped, silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["sounding"]

_CLIPPED = 0.99  # the last step of 8-bit mu-law begins at 0.977
_SILENT = -60.0  # dB of full scale
_FRAME = 0.05  # seconds

Samples = NDArray[np.float32]


def sounding(songs: Sequence[Samples], *, rate: int) -> dict[str, float]:
    """Return loudness, peak and the shares of what is clipped and silent, of all songs together.

    ``loudness`` and ``peak`` are dB of full scale (a square wave has 0); ``clipping`` is the share
    of samples of 0.99 and more; ``silence`` the share of 50 ms frames below -60 dB; ``quietest``
    is the loudness of the song that has least.
    """
    every = np.concatenate(songs).astype(np.float64)
    frames = np.concatenate([_levels(song, rate) for song in songs])
    return {
        "loudness": _decibels(np.mean(every**2)),
        "quietest": min(_decibels(np.mean(song.astype(np.float64) ** 2)) for song in songs),
        "peak": _decibels(float(np.abs(every).max(initial=0.0)) ** 2),
        "clipping": float(np.mean(np.abs(every) >= _CLIPPED)),
        "silence": float(np.mean(frames < _SILENT)),
    }


def _levels(song: Samples, rate: int) -> NDArray[np.float64]:
    size = max(1, round(_FRAME * rate))
    count = max(1, len(song) // size)
    frames = song[: count * size].astype(np.float64).reshape(count, -1)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12), np.float64)


def _decibels(power: Any) -> float:
    return float(10 * np.log10(power + 1e-12))
