"""From a score to a performance: timing, loudness, articulation and pedal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..notes import Notes, Pedal, extended, repaired
from .scores import Score

__all__ = ["Performance", "perform"]

_QUICKEST = 0.03  # seconds between two strokes of one key that a piano's action allows
_LEAD = (0.05, 1.0)  # seconds before the first note


@dataclass(frozen=True, slots=True)
class Performance:
    """What a pianist does: keys, and pedal."""

    keys: Notes
    pedal: Pedal

    @property
    def heard(self) -> Notes:
        """Return the notes as they sound: the pedal holds them."""
        return extended(self.keys, self.pedal)

    def scaled(self, factor: float) -> Performance:
        """Return the same performance ``factor`` times as slow, as a tape's speed makes it."""
        return Performance(self.keys.scaled(factor), self.pedal.scaled(factor))


def perform(
    score: Score,
    rng: np.random.Generator,
    *,
    seconds: float | None = None,
    pedal: bool | None = None,
) -> Performance:
    """Return a performance of a score.

    Parameters
    ----------
    score
        What is played.
    rng
        Of all that is free: tempo, rubato, jitter, spread chords, dynamics, touch, pedal.
    seconds
        Nothing begins in the last half second before this, and all is over by then.
    pedal
        Whether the pedal is used; in two of three performances if it is not said.
    """
    if not score.rows:
        return Performance(Notes.none(), Pedal.none())
    table = np.array(score.rows, np.float64)
    tempo = rng.uniform(*score.tempo)
    clock = _Clock(rng, 60.0 / tempo)
    first = clock(table[:, 0].min()) - rng.uniform(*_LEAD)
    onset = clock(table[:, 0]) - first + _unevenness(table, rng)
    length = (clock(table[:, 0] + table[:, 1]) - clock(table[:, 0])) * _touch(table, rng)
    onset = np.maximum(onset, 0.0)
    offset = onset + np.maximum(length, 0.04)
    pitch = table[:, 2].astype(np.int64)
    keys = _playable(Notes(onset, offset, pitch, _velocities(table, rng)))
    used = rng.random() < 0.66 if pedal is None else pedal
    pressed = _pedalling(keys, 60.0 / tempo, rng) if used else Pedal.none()
    return Performance(*_within(keys, pressed, seconds)) if seconds else Performance(keys, pressed)


class _Clock:
    """Seconds of beats: a steady tempo, two slow waves of rubato."""

    def __init__(self, rng: np.random.Generator, beat: float) -> None:
        self._beat = beat
        self._depths = rng.uniform(0, 0.12, 2)
        self._rates = rng.uniform(0.1, 0.8, 2)
        self._phases = rng.uniform(0, 2 * np.pi, 2)

    def __call__(self, beats: NDArray[np.float64]) -> NDArray[np.float64]:
        angles = np.multiply.outer(np.asarray(beats), self._rates) + self._phases
        waves: NDArray[np.float64] = (self._depths / self._rates * np.sin(angles)).sum(axis=-1)
        return self._beat * (beats + waves)


def _unevenness(table: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return what each onset is off by: fingers, hands apart, chords that are spread."""
    count = len(table)
    late = rng.normal(0, rng.uniform(0.001, 0.015), count)
    if rng.random() < 0.3:
        late += (table[:, 3] == 0) * rng.uniform(0, 0.04)
    if rng.random() < 0.15:
        _, chord = np.unique(table[:, 0], return_inverse=True)
        rank = np.argsort(np.lexsort((table[:, 2], chord)))
        begins = np.searchsorted(np.sort(chord), chord)
        late += (rank - begins) * rng.uniform(0.01, 0.06)
    return late


def _touch(table: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how much of its length each note is held, from staccato to overlapping legato."""
    usual = rng.choice([0.3, 0.6, 0.85, 0.95, 1.05])
    swing = 0.15 * np.sin(table[:, 0] * rng.uniform(0.05, 0.4) + rng.uniform(0, 6))
    touch: NDArray[np.float64] = (usual + swing) * rng.uniform(0.8, 1.15, len(table))
    return np.clip(touch, 0.1, 1.3)


def _velocities(table: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    base, swell = rng.uniform(30, 95), rng.uniform(0, 28)
    phrase = swell * np.sin(table[:, 0] * rng.uniform(0.05, 0.5) + rng.uniform(0, 6))
    level = base + phrase + table[:, 3] * rng.uniform(0, 22)
    level += rng.uniform(0, 10) * (np.abs(table[:, 0] - np.rint(table[:, 0])) < 1e-3)
    level += rng.normal(0, rng.uniform(2, 12), len(table))
    return np.clip(np.rint(level), 8, 127).astype(np.int64)


def _playable(keys: Notes) -> Notes:
    """Return notes without strokes that follow the last of their key too soon."""
    order = np.lexsort((keys.onset, keys.pitch))
    again = np.diff(keys.pitch[order]) == 0
    soon = again & (np.diff(keys.onset[order]) < 2 * _QUICKEST)
    kept = order[np.append([True], ~soon)] if len(keys) else order
    return repaired(keys[np.sort(kept)], gap=_QUICKEST / 2)


def _pedalling(keys: Notes, beat: float, rng: np.random.Generator) -> Pedal:
    """Return pedalling by the beat: legato (late), rhythmic, or half of each, with gaps."""
    period = beat * float(rng.choice([1, 2, 3, 4, 4, 8]))
    changes = np.arange(rng.uniform(0, period), keys.end + period, period)
    if len(keys):  # changes come with the notes that they are for
        near = np.searchsorted(keys.onset, changes).clip(max=len(keys) - 1)
        changes = np.unique(keys.onset[near])
    late = rng.uniform(0.03, 0.2, len(changes)) if rng.random() < 0.75 else np.zeros(len(changes))
    down = changes[:-1] + late[:-1]
    early = rng.uniform(-0.02, 0.08, len(down))
    up = changes[1:] - early
    if rng.random() < 0.3:  # taken off early: what it held ends in the middle of the bar
        up = down + (up - down) * rng.uniform(0.4, 1, len(up))
    used = (rng.random(len(down)) < rng.choice([0.5, 0.9, 1.0])) & (up - down > 0.08)
    return Pedal(np.stack([down[used], up[used]], axis=1))


def _within(keys: Notes, pedal: Pedal, seconds: float) -> tuple[Notes, Pedal]:
    kept = keys[keys.onset < seconds - 0.5]
    cut = Notes(kept.onset, np.minimum(kept.offset, seconds - 0.05), kept.pitch, kept.velocity)
    spans = pedal.intervals[pedal.intervals[:, 0] < seconds - 0.2]
    return cut, Pedal(np.minimum(spans, seconds - 0.03))
