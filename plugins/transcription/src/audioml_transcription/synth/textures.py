"""What two hands do for a bar: each function returns rows of a score, its beats from 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .harmony import Key, Row

__all__ = ["ACCOMPANIMENTS", "SOLOS", "Bar", "melody"]


class Bar(NamedTuple):
    """What a texture is given: chance, the key, the chord's root and the beats to fill."""

    rng: np.random.Generator
    key: Key
    root: int
    beats: float

    def choice(self, *values: float) -> float:
        """Return one of some values."""
        return float(values[self.rng.integers(len(values))])

    def between(self, low: int, high: int) -> int:
        """Return a whole number, ``high`` excluded."""
        return int(self.rng.integers(low, high))

    def chord(self, low: int, high: int, *, size: tuple[int, int] = (3, 6)) -> list[int]:
        """Return pitches of the chord whose lowest lies somewhere from ``low`` to ``high``."""
        first = self.key.step(self.between(low, high))
        steps = self.key.chord(self.root, low=first, size=self.between(*size))
        return [self.key.pitch(step) for step in steps]

    def run(self, pitches: list[int], each: float, length: float = 1.0) -> list[Row]:
        """Return pitches one after the other, over and over, until the bar is full."""
        count = max(1, round(self.beats / each))
        return [(i * each, each * length, pitches[i % len(pitches)], 0) for i in range(count)]


def _blocks(bar: Bar) -> list[Row]:
    each = bar.choice(1, 2, bar.beats)
    chord = bar.chord(36, 62)
    return [(t, each * 0.95, p, 0) for t in np.arange(0, bar.beats, each) for p in chord]


def _arpeggio(bar: Bar) -> list[Row]:
    chord = bar.chord(33, 60, size=(3, 7))
    return bar.run(chord + chord[-2:0:-1], bar.choice(0.25, 0.5, 1 / 3), bar.choice(1, 1, 2))


def _wide_arpeggio(bar: Bar) -> list[Row]:
    low = bar.chord(24, 40, size=(3, 4))
    pitches = [p + 12 * octave for octave in range(bar.between(3, 5)) for p in low]
    pitches = pitches if bar.rng.random() < 0.5 else pitches + pitches[-2:0:-1]
    return bar.run(pitches, bar.choice(0.25, 1 / 6, 0.125), bar.choice(1, 1.5, 4))


def _alberti(bar: Bar) -> list[Row]:
    low, middle, *_, high = bar.chord(42, 62, size=(3, 4))
    return bar.run([low, high, middle, high], bar.choice(0.25, 0.5), bar.choice(0.8, 1))


def _stride(bar: Bar) -> list[Row]:
    """Return the left hand of ragtime: bass or octave on the beat, a chord off it."""
    bass, chord = bar.chord(28, 42, size=(1, 2))[0], bar.chord(50, 60, size=(3, 5))
    octave = bar.rng.random() < 0.5
    rows: list[Row] = []
    for beat in range(int(bar.beats)):
        if beat % 2:
            rows += [(beat, 0.6, p, 0) for p in chord]
        else:
            rows += [(beat, 0.7, p, 0) for p in ([bass, bass + 12] if octave else [bass])]
    return rows


def _octaves(bar: Bar) -> list[Row]:
    each = bar.choice(0.5, 0.25, 1)
    step = bar.key.step(bar.between(28, 84))
    rows: list[Row] = []
    for i in range(round(bar.beats / each)):
        step += bar.between(-2, 3)
        low = bar.key.pitch(step)
        rows += [(i * each, each * 0.9, low, 0), (i * each, each * 0.9, low + 12, 0)]
    return rows


def _repeated(bar: Bar) -> list[Row]:
    each = bar.choice(0.5, 0.25, 1 / 3)
    pitches = bar.chord(30, 96, size=(1, 4))
    count = round(bar.beats / each)
    return [(i * each, each * 0.85, p, 0) for i in range(count) for p in pitches]


def _trill(bar: Bar) -> list[Row]:
    low = bar.between(40, 100)
    return bar.run([low, low + bar.between(1, 3)], bar.choice(0.125, 1 / 6), 0.95)


def _tremolo(bar: Bar) -> list[Row]:
    low = bar.between(24, 84)
    return bar.run([low, low + 12], bar.choice(0.125, 0.25), 1.0)


def _scale(bar: Bar) -> list[Row]:
    each = bar.choice(0.125, 0.25, 0.25, 1 / 6)
    count = round(bar.beats / each)
    way = 1 if bar.rng.random() < 0.5 else -1
    first = bar.key.step(bar.between(28, 64) if way > 0 else bar.between(66, 104))
    doubled = bar.choice(0, 0, 12, 16)
    rows: list[Row] = []
    for i in range(count):
        pitch = bar.key.pitch(first + way * i)
        rows.append((i * each, each, pitch, 1))
        if doubled:
            rows.append((i * each, each, pitch - int(doubled), 0))
    return rows


def _chromatic(bar: Bar) -> list[Row]:
    each = bar.choice(0.125, 0.25)
    first, way = bar.between(30, 96), 1 if bar.rng.random() < 0.5 else -1
    return [(i * each, each, first + way * i, 1) for i in range(round(bar.beats / each))]


def _cluster(bar: Bar) -> list[Row]:
    """Return keys at random from the whole keyboard, struck together."""
    rows: list[Row] = []
    for t in np.arange(0, bar.beats, bar.choice(0.5, 1, 2)):
        pitches = bar.rng.choice(np.arange(21, 109), bar.between(1, 10), replace=False)
        rows += [(t, float(bar.rng.uniform(0.1, 2)), int(p), 0) for p in pitches]
    return rows


def _scattered(bar: Bar) -> list[Row]:
    """Return keys at random, at random moments."""
    count = bar.between(1, int(6 * bar.beats))
    times = bar.rng.uniform(0, bar.beats, count)
    pitches = bar.rng.integers(21, 109, count)
    return [
        (float(t), float(bar.rng.uniform(0.05, 2)), int(p), bar.between(0, 2))
        for t, p in zip(times, pitches, strict=True)
    ]


def _extremes(bar: Bar) -> list[Row]:
    each = bar.choice(0.5, 1, 0.25)
    low = bar.rng.random() < 0.5
    span = (21, 38) if low else (90, 109)
    return [
        (i * each, each * bar.choice(0.5, 1), bar.between(*span), 0)
        for i in range(round(bar.beats / each))
    ]


def _chorale(bar: Bar) -> list[Row]:
    """Return four voices, each near the middle of its range, with passing notes."""
    rows: list[Row] = []
    tones = {(bar.key.pitch(bar.root + 2 * i)) % 12 for i in range(3)}
    for beat in range(int(bar.beats)):
        for centre in (48, 57, 64, 71):
            near = [p for p in range(centre - 5, centre + 6) if p % 12 in tones]
            pitch = int(bar.rng.choice(near))
            if bar.rng.random() < 0.25:
                passing = bar.key.pitch(bar.key.step(pitch) + 1)
                rows += [(beat, 0.5, pitch, 0), (beat + 0.5, 0.5, passing, 0)]
            else:
                rows.append((beat, 1.0, pitch, 0))
    return rows


def _sparse(bar: Bar) -> list[Row]:
    chord = bar.chord(33, 80, size=(1, 4))
    start = bar.choice(0, 0, bar.beats / 2)
    return [(start, bar.beats - start, p, 0) for p in chord]


def _rest(bar: Bar) -> list[Row]:
    return []


def melody(bar: Bar, step: int) -> tuple[list[Row], int]:
    """Return a melody for a bar that goes on from a step, and the step it comes to.

    Thirds, sixths, octaves and full chords now and then go along below.
    """
    rows: list[Row] = []
    quick = bar.rng.random() < 0.3
    now = 0.0
    while now < bar.beats - 1e-6:
        length = bar.choice(0.25, 0.25, 0.5) if quick else bar.choice(0.25, 0.5, 0.5, 1, 2, 0.75)
        length = min(length, bar.beats - now)
        step = int(np.clip(step + bar.between(-3, 4), 33, 58))
        below = [0]
        chance = bar.rng.random()
        below += [2] if chance < 0.15 else [5] if chance < 0.22 else [7] if chance < 0.35 else []
        below += [2, 4, 7] if chance > 0.94 else []
        held = length * float(bar.rng.uniform(0.5, 1))
        rows += [(now, held, bar.key.pitch(step - b), 1) for b in below]
        now += length
    return rows, step


Texture = Callable[[Bar], list[Row]]

ACCOMPANIMENTS: tuple[tuple[float, Texture], ...] = (
    (3, _blocks),
    (3, _arpeggio),
    (2, _wide_arpeggio),
    (2, _alberti),
    (3, _stride),
    (1.5, _octaves),
    (1.5, _repeated),
    (0.5, _tremolo),
    (0.7, _extremes),
    (1.5, _sparse),
    (0.5, _rest),
)
"""With a weight each: what a melody may be played to."""

SOLOS: tuple[tuple[float, Texture], ...] = (
    (1, _trill),
    (2, _scale),
    (1, _chromatic),
    (1.5, _cluster),
    (1.5, _scattered),
    (1, _extremes),
    (2, _chorale),
    (1, _repeated),
    (1, _octaves),
    (1, _wide_arpeggio),
)
"""With a weight each: what stands alone."""
