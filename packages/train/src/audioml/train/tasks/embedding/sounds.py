"""Recordings made by rule, for a first run without a download: who plays, and in what mood.

A *source* is a timbre: how its partials fall off, where its body resonates, how it begins and dies
away. A *mood* is how it is played: fast or slow, on which scale. Every recording is another melody
over another noise.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus import MadeUp
from ..synthesis import Samples, faded, lay_out, level, over_noise, times

__all__ = ["INTERACTIONS", "MADE_UP", "MOODS", "recording"]

INTERACTIONS = "interactions.csv"
MOODS = 6

_TEMPI = (1.5, 3.5, 8.0)  # notes a second
_SCALES = ((0, 2, 4, 7, 9), (0, 1, 3, 6, 8))  # semitones: a major pentatonic, and a dark one
_PARTIALS = 10
_NOTE = 1.2  # seconds, the longest
_LIKED = 24  # recordings that a listener likes
_STRAY = 4  # of which are of another mood


def recording(
    source: int, mood: int, *, number: int, seconds: float, rate: int, seed: int = 0
) -> Samples:
    """Return a melody, float64, shape (n,), in [-1, 1].

    Parameters
    ----------
    source
        Who plays.
    mood
        Of `MOODS`: how it is played.
    number
        Other numbers are other melodies.
    seconds, rate
        Length, and samples a second.
    """
    random = np.random.default_rng((seed, 2, source, mood, number))
    last = round(_NOTE * rate) + 1  # room for a note that begins at the end
    out = np.zeros(round(seconds * rate) + last)
    for at, pitch, loudness in _melody(random, mood, seconds):
        note = _note(source, pitch, rate, seed)
        first = round(at * rate)
        out[first : first + len(note)] += loudness * note
    heard = over_noise(out[:-last], random, ratio=random.uniform(20.0, 40.0))
    return faded(level(heard, random.uniform(-30.0, -15.0)), rate)


def _melody(
    random: np.random.Generator, mood: int, seconds: float
) -> Iterator[tuple[float, int, float]]:
    """Yield time in seconds, pitch as MIDI number, and level of each note."""
    tempo, scale = _TEMPI[mood % len(_TEMPI)], _SCALES[mood // len(_TEMPI)]
    key, step, at = int(random.integers(52, 64)), int(random.integers(0, 8)), 0.0
    while at < seconds:
        octave, degree = divmod(step, len(scale))
        yield at, key + 12 * octave + scale[degree], float(random.uniform(0.5, 1.0))
        step = int(np.clip(step + random.integers(-2, 3), 0, 2 * len(scale)))
        at += float(random.choice((1.0, 1.0, 2.0, 0.5)) * random.uniform(0.95, 1.05) / tempo)


@functools.lru_cache(maxsize=2048)
def _note(source: int, pitch: int, rate: int, seed: int) -> Samples:
    random = np.random.default_rng((seed, 1, source))
    fall, odd = random.uniform(0.3, 2.0), random.choice((0.1, 1.0))
    attack, decay = np.exp(random.uniform(np.log((0.002, 1.0)), np.log((0.08, 12.0))))
    depth, waver = random.choice((0.0, 0.004)), random.uniform(4.0, 7.0)
    breath, body = random.uniform(0.0, 0.3), random.uniform((300, 1500), (1200, 5000))
    time = times(_NOTE, rate)
    number = np.arange(1, _PARTIALS + 1)[:, np.newaxis]
    pure = 440.0 * 2 ** ((pitch - 69) / 12) * number
    resonance = sum(np.exp(-((np.log2(pure / each) / 0.35) ** 2)) for each in body)
    level = number**-fall * np.where(number % 2, 1.0, odd) * (0.1 + resonance)
    phase = time - depth / waver * np.cos(2 * np.pi * waver * time)
    partials = level * (pure < 0.45 * rate) * np.sin(2 * np.pi * pure * phase)
    noise = breath * random.standard_normal(len(time)) * np.exp(-20 * time)
    tones = partials.sum(0) / np.abs(partials.sum(0)).max() * np.exp(-decay * time)
    return np.asarray((tones + noise) * np.minimum(time / attack, 1.0))


def _write(folder: Path, told: Mapping[str, Any]) -> None:
    """Write recordings, their table, and who likes which.

    ``told`` is ``data.made``: ``sources``, ``count`` recordings of each, ``seconds``, ``seed`` and
    ``listeners``, who each like one mood, whoever plays, and now and then something else.
    """
    seed, rate, count = int(told["seed"]), int(told["rate"]), int(told["count"])
    items = [
        (f"source-{source:02}/{number:03}", source, (number + source) % MOODS, number)
        for source in range(int(told["sources"]))
        for number in range(count)
    ]

    def recordings() -> Iterator[tuple[str, Samples, list[str]]]:
        for name, source, mood, number in items:
            sound = recording(
                source, mood, number=number, seconds=float(told["seconds"]), rate=rate, seed=seed
            )
            yield name, sound, [f"source-{source:02}", f"mood-{mood}"]

    lay_out(folder, recordings(), columns=("source", "mood"), rate=rate)
    likes = _likes(items, int(told.get("listeners", 0)), np.random.default_rng((seed, 3)))
    with (folder / INTERACTIONS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("user", "item"), *likes])


MADE_UP = MadeUp(_write, ("source",), "class")


def _likes(
    items: Sequence[tuple[str, int, int, int]], listeners: int, random: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """Yield who likes what."""
    for listener in range(listeners):
        fond = [name for name, _, mood, _ in items if mood == listener % MOODS]
        other = [name for name, _, mood, _ in items if mood != listener % MOODS]
        for group, most in ((fond, _LIKED - _STRAY), (other, _STRAY)):
            for at in random.permutation(len(group))[:most]:
                yield f"listener-{listener:04}", group[at]
