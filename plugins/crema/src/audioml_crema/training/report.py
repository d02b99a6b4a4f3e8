"""What a test leaves in the run's folder: figures of each recording, and pictures of some."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from audioml.core.values import Prediction
from audioml.train.tasks.figures import keep

from .plots import lanes
from .scoring import COMPARISONS, recall

__all__ = ["Report"]

_SHOWN = 3


class Report:
    """Collects the recordings of a test."""

    def __init__(self) -> None:
        self._scores: dict[str, dict[str, float]] = {}
        self._shown: list[tuple[Mapping[str, Any], Prediction]] = []

    def add(self, reference: Mapping[str, Any], found: Prediction) -> None:
        """Take in what was found in a recording, and what is known of it."""
        chords: Any = found["chord"]
        self._scores[reference["name"]] = recall(reference, chords)
        if len(self._shown) < _SHOWN:
            self._shown.append((reference, found))

    def write(self, trainer: Any) -> None:
        """Write ``artifacts/test.json``, and a plot of each of the first recordings."""
        logged = trainer.callback_metrics
        figures = {name: float(logged[f"test/chords/{name}"]) for name in COMPARISONS}
        plots = {
            f"chords/{reference['name']}": partial(lanes, reference=reference, found=found)
            for reference, found in self._shown
        }
        keep(trainer, {"figures": figures, "recordings": self._scores}, plots)
