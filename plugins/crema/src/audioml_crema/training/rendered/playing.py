"""How chords are played: which notes, when, and by which of three instruments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .progressions import Chord

__all__ = ["LAYERS", "Note", "played"]

LAYERS = ("bass", "chords", "melody")
_LOWEST = {"bass": 33, "chords": 50, "melody": 67}  # MIDI numbers, an octave or more each
_PATTERNS = ("held", "struck", "broken")
_PASSING = 0.2  # share of the melody's notes that are no tones of the chord


@dataclass(frozen=True, slots=True)
class Note:
    """A note: start and length in seconds, MIDI number, loudness up to 1, and who plays it."""

    start: float
    length: float
    pitch: float
    loudness: float
    layer: str


def played(random: np.random.Generator, chords: Sequence[Chord], *, beat: float) -> list[Note]:
    """Return the notes of a progression; every recording has a manner of its own.

    The lowest note of a chord is its bass, and all its tones sound while it lasts.
    """
    pattern = str(random.choice(_PATTERNS))
    with_bass, with_melody = random.random() < 0.8, random.random() < 0.5
    legato = random.uniform(0.7, 1.05)
    notes: list[Note] = []
    for chord in (each for each in chords if each.tones):
        if with_bass:
            notes += _bass(random, chord, beat)
        notes += _chords(random, chord, beat, pattern, legato, alone=not with_bass)
        if with_melody:
            notes += _melody(random, chord, beat)
    return notes


def _bass(random: np.random.Generator, chord: Chord, beat: float) -> Iterator[Note]:
    pitch = _above(_LOWEST["bass"], chord.bass)
    again = random.random() < 0.4
    for start, length in _strokes(chord, beat) if again else _strokes(chord, None):
        yield Note(start, length, pitch, random.uniform(0.6, 1.0), "bass")


def _chords(
    random: np.random.Generator,
    chord: Chord,
    beat: float,
    pattern: str,
    legato: float,
    *,
    alone: bool,
) -> Iterator[Note]:
    pitches = _voicing(random, chord, alone=alone)
    if pattern == "broken":  # the tones one after the other, and then held: all are heard
        step = min(beat / 4, (chord.end - chord.start) / (2 * len(pitches)))
        for turn, pitch in enumerate(pitches):
            start = chord.start + turn * step
            yield Note(start, chord.end - start, pitch, random.uniform(0.5, 0.9), "chords")
        return
    for start, length in _strokes(chord, beat if pattern == "struck" else None):
        for pitch in pitches:
            yield Note(start, length * legato, pitch, random.uniform(0.4, 0.9), "chords")


def _voicing(random: np.random.Generator, chord: Chord, *, alone: bool) -> list[int]:
    """Return every tone once, some twice; the bass is below all where nobody else plays it."""
    low = _LOWEST["chords"] + int(random.integers(0, 8))
    pitches = [_above(low, tone) + 12 * int(random.random() < 0.25) for tone in chord.tones]
    pitches += [pitch + 12 for pitch in pitches if random.random() < 0.2]
    if alone:
        pitches.append(_above(low, chord.bass) - 12)
    return sorted(pitches)


def _melody(random: np.random.Generator, chord: Chord, beat: float) -> Iterator[Note]:
    for start, length in _strokes(chord, beat * random.choice([0.5, 1.0])):
        if random.random() < 0.25:
            continue
        tone = int(random.choice(chord.tones))
        if random.random() < _PASSING:
            tone += int(random.choice([-2, -1, 1, 2]))
        pitch = _above(_LOWEST["melody"], tone) + 12 * int(random.random() < 0.3)
        yield Note(start, length, pitch, random.uniform(0.3, 0.9), "melody")


def _strokes(chord: Chord, every: float | None) -> list[tuple[float, float]]:
    """Return starts and lengths of strokes that fill a chord."""
    whole = chord.end - chord.start
    count = 1 if every is None else max(1, round(whole / every))
    step = whole / count
    return [(chord.start + turn * step, step) for turn in range(count)]


def _above(lowest: int, tone: int) -> int:
    return lowest + (tone - lowest) % 12
