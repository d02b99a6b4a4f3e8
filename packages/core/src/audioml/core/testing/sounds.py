"""Sounds made by rule: silence, noise, a sine, and music of which every chord is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..chords import parse
from ..errors import UsageError
from ..values import Annotation, Audio

__all__ = ["PROGRESSION", "music", "noise", "silence", "sine"]

PROGRESSION = ("C:maj", "A:min", "F:maj", "G:7", "C:maj", "E:min7", "D:min7", "G:maj")
"""Chords of the song that ``make demo`` plays."""


def silence(seconds: float = 1.0, *, rate: int = 44100, channels: int = 1) -> Audio:
    """Return digital silence."""
    return Audio(np.zeros((channels, round(seconds * rate)), np.float32), rate)


def noise(seconds: float = 1.0, *, rate: int = 44100, seed: int = 0, level: float = 0.1) -> Audio:
    """Return uniform white noise in [-level, level]."""
    values = np.random.Generator(np.random.PCG64(seed)).random(round(seconds * rate))
    return Audio(((values - 0.5) * 2 * level).astype(np.float32), rate)


def sine(
    frequency: float = 440.0, seconds: float = 1.0, *, rate: int = 44100, level: float = 0.5
) -> Audio:
    """Return a sine of ``frequency`` Hz."""
    time = np.arange(round(seconds * rate)) / rate
    return Audio((level * np.sin(2 * np.pi * frequency * time)).astype(np.float32), rate)


def music(
    progression: Sequence[str] = PROGRESSION,
    *,
    bar: float = 2.0,
    rate: int = 44100,
    seed: int = 0,
) -> tuple[Audio, Annotation]:
    """Return plucked chords over a bass, and the chords that they are.

    Parameters
    ----------
    progression
        Chords such as ``C:maj`` or ``A:min7``.
    bar
        Seconds for each chord; it is strummed four times.
    rate
        Sample rate in Hz.
    seed
        Of the small irregularities of a player.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    length = round(bar * rate)
    out = np.zeros(length * len(progression) + rate)
    for index, label in enumerate(progression):
        chord = parse(label)
        if chord is None:
            raise UsageError(f"{label!r} is not a chord in Harte's notation, such as C:min7")
        base = 48 + chord.root
        _add(out, _pluck(base - 12, bar, rate, 0.5), index * length)
        for beat in range(4):
            at = index * length + beat * length // 4
            for order, step in enumerate(chord.tones):
                note = base + step + (12 if base + step < 55 else 0)
                late = round((order * 0.012 + random.random() * 0.01) * rate)
                _add(out, _pluck(note, bar / 2, rate, 0.25 + 0.1 * random.random()), at + late)
    edges = np.arange(len(progression) + 1) * length / rate
    truth = Annotation("chord", np.stack([edges[:-1], edges[1:]], axis=1), progression)
    samples = out[: length * len(progression)]
    return Audio((0.8 * samples / np.abs(samples).max()).astype(np.float32), rate), truth


def _pluck(note: int, seconds: float, rate: int, level: float) -> NDArray[np.float64]:
    """Return a plucked string: decaying harmonics of a MIDI note, the high ones dying first."""
    time = np.arange(round(seconds * rate)) / rate
    frequency = 440.0 * 2 ** ((note - 69) / 12)
    out = np.zeros_like(time)
    for n in range(1, 9):
        if n * frequency < rate / 2:
            out += np.sin(2 * np.pi * n * frequency * time) * np.exp(-time * (1.0 + n)) / n**1.3
    return level * out * np.minimum(1.0, time / 0.004)


def _add(out: NDArray[np.float64], sound: NDArray[np.float64], at: int) -> None:
    end = min(len(out), at + len(sound))
    out[at:end] += sound[: end - at]
