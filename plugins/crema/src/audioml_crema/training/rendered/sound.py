"""From notes to sound: tones added up of their partials, drums and noise."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cqt import RATE
from .playing import LAYERS, Note

__all__ = ["Band", "Timbre", "sounded"]

Samples = NDArray[np.float32]
_TABLE = 4096  # samples of one period
_PARTIALS, _HIGHEST = 24, 16_000.0  # and Hz
_GAINS = {"bass": 0.5, "chords": 0.3, "melody": 0.35}


@dataclass(frozen=True, slots=True)
class Timbre:
    """An instrument.

    Parameters
    ----------
    partials
        Amplitudes, from the fundamental up.
    attack, release
        Seconds.
    decay
        Seconds in which a note falls to 1 / e; infinite for one that is held.
    dulling
        Seconds in which its brilliance does.
    """

    partials: tuple[float, ...]
    attack: float
    release: float
    decay: float
    dulling: float

    @classmethod
    def drawn(cls, random: np.random.Generator) -> Timbre:
        """Return a random instrument, plucked or held, hollow or full."""
        numbers = np.arange(1, _PARTIALS + 1)
        amplitudes = numbers ** -random.uniform(0.8, 2.4) * random.uniform(0.3, 1.0, _PARTIALS)
        amplitudes[1::2] *= random.choice([1.0, 0.5, 0.1])  # a clarinet has few of the even ones
        return cls(
            partials=tuple((amplitudes / np.abs(amplitudes).max()).tolist()),
            attack=float(random.uniform(0.003, 0.05)),
            release=float(random.uniform(0.02, 0.15)),
            decay=float(random.choice([np.inf, random.uniform(0.3, 3.0)], p=[0.4, 0.6])),
            dulling=float(random.uniform(0.2, 2.0)),
        )


@dataclass(frozen=True, slots=True)
class Band:
    """Who plays: an instrument for each layer, tuned together.

    Parameters
    ----------
    timbres
        One for each of `LAYERS`.
    tuning
        Semitones from 440 Hz.
    drums, noise
        Loudness of both, 0 for none.
    """

    timbres: tuple[Timbre, ...]
    tuning: float = 0.0
    drums: float = 0.0
    noise: float = 0.0

    @classmethod
    def drawn(cls, random: np.random.Generator) -> Band:
        """Return a random band, up to a fifth of a semitone out of tune."""
        return cls(
            timbres=tuple(Timbre.drawn(random) for _ in LAYERS),
            tuning=float(random.uniform(-0.2, 0.2)),
            drums=float(random.uniform(0.05, 0.3)) if random.random() < 0.4 else 0.0,
            noise=float(10 ** random.uniform(-4, -2.3)),
        )


def sounded(
    random: np.random.Generator, notes: Sequence[Note], band: Band, *, beat: float, seconds: float
) -> Samples:
    """Return what a band plays, float32 in [-1, 1], at 44.1 kHz.

    Parameters
    ----------
    random
        What noise and loudness are drawn from.
    notes
        In any order.
    beat
        Seconds from one stroke of the drums to the next.
    seconds
        Length of the sound.
    """
    out = np.zeros(round(seconds * RATE), np.float32)
    for note in notes:
        first = round(note.start * RATE)
        tone = _tone(note, band)[: len(out) - first]
        out[first : first + len(tone)] += tone
    if band.drums:
        _drum(random, out, beat, band.drums)
    out += band.noise * random.standard_normal(len(out), np.float32)
    loudest = float(np.abs(out).max(initial=1e-9))
    return out * np.float32(random.uniform(0.3, 0.95) / loudest)


@functools.lru_cache(maxsize=256)
def _table(partials: tuple[float, ...], count: int) -> Samples:
    """Return one period of the first partials added up."""
    phase = 2 * np.pi * np.arange(_TABLE) / _TABLE
    numbers = np.arange(1, count + 1)[:, np.newaxis]
    waves = np.sin(numbers * phase + numbers**2)  # spread, so that no peak stands out
    return (np.array(partials[:count]) @ waves).astype(np.float32)


def _tone(note: Note, band: Band) -> Samples:
    timbre = band.timbres[LAYERS.index(note.layer)]
    frequency = 440 * 2 ** ((note.pitch - 69 + band.tuning) / 12)
    count = max(1, min(_PARTIALS, int(_HIGHEST / frequency)))
    time = np.arange(round((note.length + timbre.release) * RATE), dtype=np.float32) / RATE
    phase = np.arange(len(time), dtype=np.float64) * (frequency / RATE * _TABLE)
    at = phase.astype(np.int64) & (_TABLE - 1)
    full, dull = _table(timbre.partials, count), _table(timbre.partials, min(count, 2))
    brilliance = np.exp(-time / np.float32(timbre.dulling))
    tone: Samples = dull[at] + brilliance * (full - dull)[at]
    tone *= np.minimum(time / np.float32(timbre.attack), 1)
    tone *= np.clip((time[-1] - time) / np.float32(timbre.release), 0, 1)
    if np.isfinite(timbre.decay):
        tone *= np.exp(-time / np.float32(timbre.decay))
    tone *= np.float32(_GAINS[note.layer] * note.loudness)
    return tone


def _drum(random: np.random.Generator, out: Samples, beat: float, loudness: float) -> None:
    """Add a bass drum on every second beat and a snare on the others."""
    length = round(0.15 * RATE)
    time = np.arange(length) / RATE
    sweep = np.sin(2 * np.pi * 50 * (time + 0.02 * (1 - np.exp(-time / 0.02))))
    for turn, first in enumerate(range(0, len(out) - length, round(beat * RATE))):
        wave = random.standard_normal(length) if turn % 2 else 2 * sweep
        stroke = loudness * np.exp(-time / 0.03) * wave
        out[first : first + length] += stroke.astype(np.float32)
