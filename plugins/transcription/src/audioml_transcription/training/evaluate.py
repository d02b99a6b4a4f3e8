"""What a network is worth: its scores on recordings that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from audioml.core.values import Audio

from ..decoding import Thresholds, decode_notes, decode_pedal
from ..features import NAME, HarmonicSpectra
from ..networks.harmonic import CONTEXT, Probabilities
from ..notes import Notes
from ..scoring import mean_scores, note_scores, pedal_scores
from ..spectrum import FPS, RATE
from ..synth.dataset import Row

__all__ = ["evaluated", "heads", "notes_of", "scores_of"]


@torch.no_grad()
def heads(network: nn.Module, samples: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Return the probabilities of a whole recording, each of shape (frames, 88) or (frames, 3)."""
    answers = Probabilities(network).eval()
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in Probabilities.names}
    for rows in HarmonicSpectra(context=CONTEXT).rows(Audio(samples, RATE)):
        out = answers(torch.from_numpy(rows.tensors[NAME]))
        for name, head in zip(Probabilities.names, out, strict=True):
            found[name].append(head[0, CONTEXT:-CONTEXT].float().numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def notes_of(
    answers: Mapping[str, NDArray[np.float32]], thresholds: Thresholds | None = None
) -> Notes:
    """Return the notes in a recording's answers."""
    four = (answers[name] for name in Probabilities.names[:4])
    return decode_notes(*four, fps=FPS, thresholds=thresholds).notes


def scores_of(
    answers: Mapping[str, NDArray[np.float32]], row: Row, thresholds: Thresholds | None = None
) -> dict[str, float]:
    """Return the scores of a recording's answers."""
    notes = notes_of(answers, thresholds)
    pedal, _ = decode_pedal(answers["pedal"], fps=FPS, thresholds=thresholds)
    return {**note_scores(row.notes, notes), **pedal_scores(row.pedal, pedal)}


def evaluated(
    network: nn.Module, rows: Sequence[Row] | Iterable[Row], thresholds: Thresholds | None = None
) -> dict[str, float]:
    """Return mean scores over the recordings of each family: ``numpy/onset`` and so on."""
    found: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        answers = heads(network, row.samples.astype(np.float32) / np.float32(32768))
        found.setdefault(row.family, []).append(scores_of(answers, row, thresholds))
    return {
        f"{family}/{name}": value
        for family, scores in sorted(found.items())
        for name, value in mean_scores(scores).items()
    }
