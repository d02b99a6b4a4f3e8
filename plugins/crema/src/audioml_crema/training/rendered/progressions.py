"""Random chord progressions over the whole vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from audioml.core.chords import PITCHES, QUALITIES

from ...labels import NO_CHORD, inverted

__all__ = ["Chord", "progression"]

_T = TypeVar("_T")

# how often each quality is played: triads and sevenths rule, as in songs, but none is missing
_QUALITIES = {
    "maj": 8.0,
    "min": 7.0,
    "7": 4.0,
    "min7": 4.0,
    "maj7": 3.0,
    "sus4": 1.5,
} | dict.fromkeys(["sus2", "dim", "aug", "maj6", "min6", "dim7", "hdim7", "minmaj7"], 1.0)
# from one root to the next, in semitones up: fourths and fifths are the most frequent
_MOVES = {5: 5.0, 7: 3.5, 9: 2.0, 2: 2.0, 3: 1.0, 4: 1.0, 8: 1.0, 10: 1.5, 1: 0.7, 6: 0.5, 0: 1.5}
_BEATS = {1: 1.0, 2: 4.0, 4: 4.0, 8: 1.0}
_PAUSE, _INVERTED = 0.04, 0.35  # shares of chords, and of those that can be inverted
# over another bass the rest have two names: C:min7/b3 is D#:maj6
_INVERTIBLE = ("maj", "min", "dim", "7", "maj7", "minmaj7")


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord of a progression.

    Parameters
    ----------
    start, end
        Seconds.
    label
        In Harte's notation, ``N`` where nothing is played.
    tones
        Pitch classes, from the root up.
    bass
        The lowest pitch class.
    """

    start: float
    end: float
    label: str
    tones: tuple[int, ...]
    bass: int


def progression(random: np.random.Generator, *, beat: float, seconds: float) -> list[Chord]:
    """Return chords that follow each other without a gap, on a grid of beats.

    Parameters
    ----------
    random
        What all choices are drawn from.
    beat
        Seconds from one beat to the next.
    seconds
        The last chord ends here.
    """
    chords: list[Chord] = []
    root, start, before = int(random.integers(12)), 0.0, ""
    while seconds - start > beat / 2:
        end = min(start + beat * _drawn(random, _BEATS), seconds)
        if seconds - end < beat:
            end = seconds
        root = (root + _drawn(random, _MOVES)) % 12
        chord = _chord(random, root, start, end)
        if chord.label == before:
            continue
        chords.append(chord)
        start, before = end, chord.label
    return chords


def _chord(random: np.random.Generator, root: int, start: float, end: float) -> Chord:
    if random.random() < _PAUSE:
        return Chord(start, end, NO_CHORD, (), 0)
    quality = _drawn(random, _QUALITIES)
    tones = tuple((root + tone) % 12 for tone in QUALITIES[quality])
    is_inverted = quality in _INVERTIBLE and random.random() < _INVERTED
    bass = int(random.choice(tones[1:])) if is_inverted else root
    return Chord(start, end, inverted(f"{PITCHES[root]}:{quality}", bass), tones, bass)


def _drawn(random: np.random.Generator, weights: Mapping[_T, float]) -> _T:
    shares = np.array(list(weights.values()))
    return list(weights)[random.choice(len(shares), p=shares / shares.sum())]
