"""Thresholds, chosen on recordings that were kept for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..decoding import Thresholds, decode_pedal
from ..scoring import mean_scores, note_score, pedal_scores
from ..spectrum import FPS
from ..synth.dataset import Row
from .evaluate import notes_of, scores_of

__all__ = ["by_family", "tuned"]

Answers = Mapping[str, NDArray[np.float32]]
_Score = Callable[[Answers, Row, Thresholds], float]


def _onset(answers: Answers, row: Row, thresholds: Thresholds) -> float:
    return note_score(row.notes, notes_of(answers, thresholds), offsets=False)


def _offset(answers: Answers, row: Row, thresholds: Thresholds) -> float:
    return note_score(row.notes, notes_of(answers, thresholds), offsets=True)


def _pedal(answers: Answers, row: Row, thresholds: Thresholds) -> float:
    found, _ = decode_pedal(answers["pedal"], fps=FPS, thresholds=thresholds)
    return pedal_scores(row.pedal, found)["pedal_offset"]


_GRID: dict[str, tuple[_Score, tuple[float, ...]]] = {
    "onset": (_onset, (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)),
    "frame": (_offset, (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)),
    "offset": (_offset, (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)),
    "pedal": (_pedal, (0.3, 0.4, 0.5, 0.6, 0.7)),
}
"""Each threshold, the score that it is chosen by, and what is tried."""


def by_family(
    answers: Sequence[Answers], rows: Sequence[Row], thresholds: Thresholds
) -> dict[str, dict[str, float]]:
    """Return the mean scores over the recordings of each family."""
    found: dict[str, list[dict[str, float]]] = {}
    for heads, row in zip(answers, rows, strict=True):
        found.setdefault(row.family, []).append(scores_of(heads, row, thresholds))
    return {family: mean_scores(scores) for family, scores in sorted(found.items())}


def tuned(
    answers: Sequence[Answers], rows: Sequence[Row], *, first: Thresholds | None = None
) -> Thresholds:
    """Return the thresholds with the best scores, each chosen after the others before it.

    The mean over families counts, so that none does more than another.
    """
    chosen = first or Thresholds()
    for name, (score, values) in _GRID.items():
        tried = [replace(chosen, **{name: value}) for value in values]
        worth = [_mean(score, answers, rows, each) for each in tried]
        chosen = tried[int(np.argmax(worth))]
    return chosen


def _mean(
    score: _Score, answers: Sequence[Answers], rows: Sequence[Row], thresholds: Thresholds
) -> float:
    found: dict[str, list[float]] = {}
    for heads, row in zip(answers, rows, strict=True):
        found.setdefault(row.family, []).append(score(heads, row, thresholds))
    return float(np.mean([np.mean(each) for each in found.values()]))
