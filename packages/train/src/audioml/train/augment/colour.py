"""Equaliser and low-pass, with phases left alone, so that onsets stay where they are."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .fourier import filtered, frequencies, padded_length
from .labels import Labels

__all__ = ["Equalise", "LowPass"]


class Equalise(BatchAugmentor):
    """Colours sound by a smooth random curve over the octaves: rooms, microphones, instruments.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    decibels
        The most that the curve goes up or down.
    points
        Between which it is smooth, evenly apart in octaves from 32 Hz to half the sample rate.
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        decibels: float = 9.0,
        points: int = 8,
        p: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__(p=p, seed=seed)
        if points < 2:
            raise UsageError(f"'points' must be a whole number from 2, got {points!r}")
        self.sample_rate, self.decibels, self.points = float(sample_rate), float(decibels), points

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples coloured."""
        curve = draws.uniform(-self.decibels, self.decibels, len(audio), self.points)
        length = padded_length(audio.shape[-1])
        hertz = frequencies(length, self.sample_rate, audio.device)
        octaves = math.log2(self.sample_rate / 2.0 / 32.0)
        at = (hertz.clamp(min=32.0) / 32.0).log2() / octaves * (self.points - 1)
        first = at.floor().long().clamp(0, self.points - 2)
        apart = (at - first).clamp(0.0, 1.0)
        apart = apart.square() * (3.0 - 2.0 * apart)
        gains = torch.lerp(curve[:, first], curve[:, first + 1], apart[None])
        return filtered(audio, torch.pow(10.0, gains / 20.0)), labels


class LowPass(BatchAugmentor):
    """Takes the treble away, above a random frequency and as steeply as a Butterworth filter.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    cutoff
        The lowest and highest frequency at which 3 dB are gone, in Hz.
    order
        Six decibels an octave each.
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        cutoff: tuple[float, float] = (2000.0, 7500.0),
        order: int = 4,
        p: float = 0.2,
        seed: int = 0,
    ) -> None:
        super().__init__(p=p, seed=seed)
        if not 0 < cutoff[0] <= cutoff[1]:
            raise UsageError(f"'cutoff' must be two frequencies in Hz, low first, got {cutoff!r}")
        self.sample_rate, self.order = float(sample_rate), int(order)
        self.cutoff = (float(cutoff[0]), float(cutoff[1]))

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples without treble."""
        low, high = (math.log2(hertz) for hertz in self.cutoff)
        cutoff = torch.exp2(draws.uniform(low, high, len(audio)))
        hertz = frequencies(padded_length(audio.shape[-1]), self.sample_rate, audio.device)
        gains = torch.rsqrt(1.0 + (hertz / cutoff[:, None]).pow(2 * self.order))
        return filtered(audio, gains), labels
