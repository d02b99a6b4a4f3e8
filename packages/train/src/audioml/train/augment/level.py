"""Loudness, polarity and clipping."""

from __future__ import annotations

import torch
from torch import Tensor

from .augmentor import BatchAugmentor
from .draws import Draws
from .fourier import per_example
from .labels import Labels

__all__ = ["Clip", "Gain", "Polarity"]


class Gain(BatchAugmentor):
    """Makes examples louder or softer, by decibels between two."""

    def __init__(
        self, *, decibels: tuple[float, float] = (-12.0, 6.0), p: float = 0.5, seed: int = 0
    ) -> None:
        super().__init__(p=p, seed=seed)
        self.decibels = (float(decibels[0]), float(decibels[1]))

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples at other levels."""
        gain = torch.pow(10.0, draws.uniform(*self.decibels, len(audio)) / 20.0)
        return audio * per_example(gain, audio), labels


class Polarity(BatchAugmentor):
    """Turns waveforms upside down, which nobody hears."""

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples negated."""
        return -audio, labels


class Clip(BatchAugmentor):
    """Cuts off what is above a share of the peak, as a preamplifier that is turned up too far.

    Parameters
    ----------
    share
        The least and the largest share of the example's peak that is left.
    """

    def __init__(
        self, *, share: tuple[float, float] = (0.3, 0.9), p: float = 0.1, seed: int = 0
    ) -> None:
        super().__init__(p=p, seed=seed)
        self.share = (float(share[0]), float(share[1]))

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples clipped."""
        peak = audio.abs().flatten(1).amax(1)
        limit = per_example(peak * draws.uniform(*self.share, len(audio)), audio)
        return torch.maximum(torch.minimum(audio, limit), -limit), labels
