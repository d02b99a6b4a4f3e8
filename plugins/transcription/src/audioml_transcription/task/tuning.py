"""Thresholds, chosen on recordings that are kept for it, and what a transcription is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..decoding import Thresholds
from ..notes import Notes, Pedal
from ..scoring import note_score, note_scores, pedal_scores
from .answering import Heads

__all__ = ["NAMES", "Answered", "scores_of", "tuned"]

NAMES = (
    "onset",
    "onset_precision",
    "onset_recall",
    "offset",
    "velocity",
    "frame",
    "pedal",
    "pedal_offset",
)
"""The scores of a recording, see `audioml_transcription.scoring`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a network answers to a recording, and what is played there."""

    heads: Heads
    notes: Notes
    pedal: Pedal
    family: str = ""

    def onset(self, thresholds: Thresholds) -> float:
        """Return F1 of the onsets."""
        return note_score(self.notes, self.heads.decoded_notes(thresholds), offsets=False)

    def offset(self, thresholds: Thresholds) -> float:
        """Return F1 of onsets and offsets."""
        return note_score(self.notes, self.heads.decoded_notes(thresholds), offsets=True)

    def velocity(self, thresholds: Thresholds) -> float:
        """Return F1 of onsets, offsets and velocities."""
        return note_scores(self.notes, self.heads.decoded_notes(thresholds))["velocity"]

    def pressed(self, thresholds: Thresholds) -> float:
        """Return F1 of the pedal's presses with their releases."""
        found = self.heads.decoded_pedal(thresholds)
        return pedal_scores(self.pedal, found)["pedal_offset"]


def scores_of(answered: Answered, thresholds: Thresholds) -> dict[str, float]:
    """Return all scores of a recording, by `NAMES`."""
    notes, pedal = answered.heads.decoded(thresholds)
    return {**note_scores(answered.notes, notes), **pedal_scores(answered.pedal, pedal)}


_GRID: dict[str, tuple[Callable[[Answered, Thresholds], float], tuple[float, ...]]] = {
    "onset": (Answered.onset, (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)),
    "frame": (Answered.offset, (0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3)),
    "offset": (Answered.offset, (0.05, 0.07, 0.1, 0.15, 0.2, 0.3)),
    "steady": (Answered.velocity, (0.0, 0.3, 0.5, 0.7)),
    "pedal": (Answered.pressed, (0.3, 0.4, 0.5, 0.6, 0.7)),
}
"""Each threshold, the score that it is chosen by, and what is tried."""


def tuned(recordings: Sequence[Answered], first: Thresholds) -> Thresholds:
    """Return the thresholds with the best scores, each chosen after the others before it.

    The mean over families of recordings counts, so that none does more than another.
    """
    chosen = first
    for name, (score, values) in _GRID.items():
        tried = [replace(chosen, **{name: value}) for value in values]
        worth = [_mean(score, recordings, each) for each in tried]
        chosen = tried[int(np.argmax(worth))]
    return chosen


def _mean(
    score: Callable[[Answered, Thresholds], float],
    recordings: Sequence[Answered],
    thresholds: Thresholds,
) -> float:
    found: dict[str, list[float]] = {}
    for each in recordings:
        found.setdefault(each.family, []).append(score(each, thresholds))
    return float(np.mean([np.mean(values) for values in found.values()]))
