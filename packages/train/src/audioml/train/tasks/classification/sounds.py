"""Five kinds of sound that a network can tell apart within a minute, and mixtures of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus import MadeUp
from ..synthesis import Samples, faded, lay_out, level, over_noise, times

__all__ = ["CLASSES", "made_up"]

_Random = np.random.Generator


def _tone(random: _Random, time: Samples) -> Samples:
    """A steady tone with some harmonics."""
    pitch = 110.0 * 2.0 ** random.uniform(0.0, 3.0)
    sound = np.zeros(len(time))
    for harmonic in range(1, 5):
        phase = random.uniform(0.0, 2 * np.pi)
        sound += np.sin(2 * np.pi * pitch * harmonic * time + phase) / harmonic
    return sound


def _chirp(random: _Random, time: Samples) -> Samples:
    """A tone that glides up or down, one octave or more."""
    low, high = 200.0 * 2.0 ** random.uniform(0.0, 1.0), 1200.0 * 2.0 ** random.uniform(0.0, 1.2)
    begin, end = (low, high) if random.random() < 0.5 else (high, low)
    octaves = np.log2(end / begin) / (len(time) * (time[1] - time[0]))
    cycles = begin * (2.0 ** (octaves * time) - 1.0) / (octaves * np.log(2.0))
    sound: Samples = np.sin(2 * np.pi * cycles)
    return sound


def _noise(random: _Random, time: Samples) -> Samples:
    """Noise of one band of frequencies."""
    spectrum = np.fft.rfft(random.normal(size=len(time)))
    hz = np.fft.rfftfreq(len(time), time[1] - time[0])
    centre = 300.0 * 2.0 ** random.uniform(0.0, 3.5)
    spectrum *= np.exp(-0.5 * (np.log2(np.maximum(hz, 1.0) / centre) / 0.35) ** 2)
    return np.fft.irfft(spectrum, len(time))


def _clicks(random: _Random, time: Samples) -> Samples:
    """Short clicks at a steady rate."""
    rate = 1.0 / (time[1] - time[0])
    period = round(rate / random.uniform(4.0, 14.0))
    out = np.zeros(len(time))
    out[random.integers(period) :: period] = 1.0
    ring = np.exp(-np.arange(64) / 8.0) * np.sin(np.arange(64) * random.uniform(0.5, 2.5))
    return np.convolve(out, ring)[: len(time)]


def _beats(random: _Random, time: Samples) -> Samples:
    """Two tones so close that they beat."""
    pitch, apart = 180.0 * 2.0 ** random.uniform(0.0, 3.0), random.uniform(4.0, 14.0)
    sound: Samples = np.sin(2 * np.pi * pitch * time) + np.sin(2 * np.pi * (pitch + apart) * time)
    return sound


CLASSES: Mapping[str, Callable[[_Random, Samples], Samples]] = {
    "beats": _beats,
    "chirp": _chirp,
    "clicks": _clicks,
    "noise": _noise,
    "tone": _tone,
}


def made_up(*, several: bool) -> MadeUp:
    """Return sounds of one class each, or of up to three."""
    kind = "multi" if several else "class"
    return MadeUp(_write_mixtures if several else _write_single, ("classes",), kind)


def _write_single(folder: Path, told: Mapping[str, Any]) -> None:
    names = [(name,) for name in CLASSES for _ in range(int(told["count"]))]
    _write(folder, told, names)


def _write_mixtures(folder: Path, told: Mapping[str, Any]) -> None:
    random = np.random.default_rng([int(told["seed"]), 1])
    sizes = random.integers(0, 4, int(told["count"]) * len(CLASSES))
    names = [tuple(sorted(random.choice([*CLASSES], size, replace=False))) for size in sizes]
    _write(folder, told, names)


def _write(folder: Path, told: Mapping[str, Any], names: Sequence[tuple[str, ...]]) -> None:
    rate, seed = int(told["rate"]), int(told["seed"])
    time = times(float(told["seconds"]), rate)

    def recordings() -> Iterator[tuple[str, Samples, list[str]]]:
        for at, each in enumerate(names):
            random = np.random.default_rng([seed, 0, at])
            folder_name = each[0] if len(each) == 1 else "mixed"
            yield f"{folder_name}/{at:04d}", _sound(random, time, each, rate), [";".join(each)]

    lay_out(folder, recordings(), columns=("classes",), rate=rate)


def _sound(random: _Random, time: Samples, names: Sequence[str], rate: int) -> Samples:
    mixed = np.zeros(len(time)) if names else random.normal(size=len(time))
    for name in names:
        mixed += level(CLASSES[name](random, time), random.uniform(-6.0, 0.0))
    heard = over_noise(mixed, random, ratio=random.uniform(0.0, 25.0))
    return faded(level(heard, random.uniform(-35.0, -18.0)), rate)
