"""Tones of which the pitch and the rate of their tremolo are to be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus import MadeUp
from ..synthesis import Samples, faded, lay_out, level, over_noise, times

__all__ = ["COLUMNS", "MADE_UP"]

COLUMNS = ("pitch", "tremolo")
"""MIDI number, and Hz."""

_HARMONICS = 5


def _write(folder: Path, told: Mapping[str, Any]) -> None:
    rate, seed = int(told["rate"]), int(told["seed"])
    time = times(float(told["seconds"]), rate)

    def recordings() -> Iterator[tuple[str, Samples, Sequence[str]]]:
        for at in range(int(told["count"])):
            random = np.random.default_rng([seed, at])
            pitch, tremolo = random.uniform(45.0, 84.0), random.uniform(2.0, 8.0)
            sound = _tone(random, time, pitch, tremolo)
            heard = over_noise(sound, random, ratio=random.uniform(15.0, 35.0))
            quiet = level(heard, random.uniform(-35.0, -18.0))
            yield f"{at:04d}", faded(quiet, rate), (f"{pitch:.3f}", f"{tremolo:.3f}")

    lay_out(folder, recordings(), columns=COLUMNS, rate=rate)


def _tone(random: np.random.Generator, time: Samples, pitch: float, tremolo: float) -> Samples:
    """A tone whose harmonics are loud by chance, so that its brightness says nothing of it."""
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    steady = np.zeros(len(time))
    for harmonic in range(1, _HARMONICS + 1):
        loud = random.uniform(0.3, 1.0) / harmonic
        phase = random.uniform(0.0, 2 * np.pi)
        steady += loud * np.sin(2 * np.pi * harmonic * hz * time + phase)
    depth, phase = random.uniform(0.7, 1.0), random.uniform(0.0, 2 * np.pi)
    return steady * (1.0 + depth * np.sin(2 * np.pi * tremolo * time + phase))


MADE_UP = MadeUp(_write, COLUMNS, "number")
"""Sounds for a try."""
