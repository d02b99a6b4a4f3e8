"""How good chords are: mir_eval's comparisons (Raffel et al. 2014), and accuracies of frames."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from audioml.core.values import Annotation

from .targets import IGNORED

__all__ = ["COMPARISONS", "FrameAccuracy", "Recall", "recall"]

COMPARISONS = ("root", "majmin", "majmin_inv", "mirex", "tetrads")
"""What of two chords must agree; a name that ends in ``_inv`` counts the inversion too."""


def recall(reference: Mapping[str, Any], chords: Annotation) -> dict[str, float]:
    """Return the weighted chord symbol recall by each comparison of mir_eval.

    That is the share of the time in which the chords agree, of the time in which they can be
    compared.

    Parameters
    ----------
    reference
        Has ``segments``, float64, shape (n, 2), start and end in seconds, and ``labels``.
    chords
        Those that were found.
    """
    import mir_eval.chord

    spans, labels = np.array(chords.intervals), list(chords.values)
    with warnings.catch_warnings(action="ignore"):  # of references without any chord
        found = mir_eval.chord.evaluate(reference["segments"], reference["labels"], spans, labels)
    return {name: float(value) for name, value in found.items() if not name.endswith("seg")}


class Recall(Metric):
    """The mean of `recall` over recordings by each of `COMPARISONS`, as crema's author gives it."""

    full_state_update = False
    total: Tensor
    recordings: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros(len(COMPARISONS)), dist_reduce_fx="sum")
        self.add_state("recordings", torch.zeros(()), dist_reduce_fx="sum")

    def update(self, *, chords: Annotation, reference: Mapping[str, Any], **_: Any) -> None:
        """Take in the chords that were found in a recording."""
        found = recall(reference, chords)
        self.total += torch.tensor([found[name] for name in COMPARISONS]).to(self.total)
        self.recordings += 1

    def compute(self) -> dict[str, Tensor]:
        """Return the mean of each comparison."""
        return dict(zip(COMPARISONS, self.total / self.recordings, strict=True))


class FrameAccuracy(Metric):
    """The share of frames whose likeliest tag, root or bass is right."""

    full_state_update = False
    right: Tensor
    frames: Tensor
    _HEADS = ("tag", "root", "bass")

    def __init__(self) -> None:
        super().__init__()
        for name in ("right", "frames"):
            self.add_state(name, torch.zeros(len(self._HEADS)), dist_reduce_fx="sum")

    def update(
        self, *, scores: Mapping[str, Tensor], labels: Mapping[str, Tensor], **_: Any
    ) -> None:
        """Take in the scores of frames."""
        wanted = [labels[name] for name in self._HEADS]
        given = [scores[name].argmax(-1) for name in self._HEADS]
        pairs = zip(wanted, given, strict=True)
        self.right += torch.stack([(one == two).sum() for one, two in pairs])
        self.frames += torch.stack([(one != IGNORED).sum() for one in wanted])

    def compute(self) -> dict[str, Tensor]:
        """Return the share of each head."""
        return dict(zip(self._HEADS, self.right / self.frames, strict=True))
