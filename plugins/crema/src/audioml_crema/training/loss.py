"""What is made small: the loss of crema's author, of four heads that count alike."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from .targets import IGNORED

__all__ = ["chord_loss"]


def chord_loss(scores: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> Tensor:
    """Return the sum of the cross-entropies of tag, root and bass, and of the tones, all means.

    Parameters
    ----------
    scores
        As `audioml_crema.training.network.ChordNetwork` gives them.
    labels
        Of the same names; int64, shape (batch, t), and ``pitch`` float32, shape (batch, t, 12).
        What is -1 does not count.
    """
    pitch, tones = scores["pitch"], labels["pitch"]
    known = (tones >= 0).to(pitch.dtype)
    each = binary_cross_entropy_with_logits(pitch, tones.clamp(min=0), reduction="none")
    total = (each * known).sum() / known.sum().clamp(min=1)
    for name in ("tag", "root", "bass"):
        wanted = labels[name].flatten()
        counted = torch.count_nonzero(wanted != IGNORED).clamp(min=1)
        total = total + (
            cross_entropy(scores[name].flatten(0, 1), wanted, ignore_index=IGNORED, reduction="sum")
            / counted
        )
    return total
