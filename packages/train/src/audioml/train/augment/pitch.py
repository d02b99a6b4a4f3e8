"""Pitch and tempo, with the labels that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .labels import Labels, kept_pitches, pitched, scaled
from .resample import resampled
from .vocoder import stretched

__all__ = ["PitchShift", "TimeStretch"]

Method = Literal["resample", "vocoder"]


class PitchShift(BatchAugmentor):
    """Moves the pitch by whole semitones, and a little off them; the labels move with it.

    With ``resample``, the default, sound is played faster or slower: what was one wave is one wave
    still, attacks stay as sharp as they were, and the times of the labels are scaled exactly. An
    example that was moved up ends early and is silent from there on. With ``vocoder`` times stay
    as they are, and attacks are smeared over 2048 samples, which blurs the very thing that a model
    of onsets shall learn.

    A shift that would bring a note beyond the keys is made smaller. Labels tell whole semitones:
    the detuning moves the sound and ``f0`` only.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    semitones
        The lowest and highest shift, whole numbers.
    detune
        The largest further shift, in semitones, either way.
    method
        ``resample`` or ``vocoder``.
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        semitones: tuple[int, int] = (-2, 2),
        detune: float = 0.1,
        method: Method = "resample",
        p: float = 0.5,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(p=p, seed=seed, kinds=kinds)
        low, high = semitones
        if int(low) != low or int(high) != high or low > high:
            raise UsageError(f"'semitones' must be two whole numbers, low first, got {semitones!r}")
        if method not in ("resample", "vocoder"):
            raise UsageError(f"'method' must be resample or vocoder, got {method!r}")
        self.sample_rate, self.semitones = float(sample_rate), (int(low), int(high))
        self.detune, self.method = float(detune), method

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples at other pitches."""
        count = len(audio)
        steps = kept_pitches(labels, draws.whole(*self.semitones, count), self.kinds)
        cents = draws.uniform(-self.detune, self.detune, count)
        speed = torch.exp2((steps + cents) / 12.0)
        labels = pitched(labels, steps, cents, self.kinds)
        if self.method == "vocoder":
            longest = _longest(audio.shape[-1], self.semitones[1] + self.detune)
            return resampled(
                stretched(audio, 1.0 / speed, length=longest), speed, length=audio.shape[-1]
            ), labels
        seconds = audio.shape[-1] / self.sample_rate
        labels = scaled(labels, speed, self.kinds, seconds=seconds, kept=seconds)
        return resampled(audio, speed), labels


def _longest(samples: int, semitones: float) -> int:
    """Return how many samples are read to fill ``samples`` at the highest shift."""
    return int(samples * 2.0 ** (max(semitones, 0.0) / 12.0)) + 2


class TimeStretch(BatchAugmentor):
    """Makes sound faster or slower at its own pitch; the times of labels are scaled.

    The length stays: what is faster ends in silence, what is slower is cut, labels too.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    speed
        The slowest and the fastest; 2 is twice as fast.
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        speed: tuple[float, float] = (0.8, 1.25),
        p: float = 0.5,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(p=p, seed=seed, kinds=kinds)
        if not 0 < speed[0] <= speed[1]:
            raise UsageError(f"'speed' must be two numbers above 0, low first, got {speed!r}")
        self.sample_rate, self.speed = float(sample_rate), (float(speed[0]), float(speed[1]))

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples at other speeds."""
        low, high = (torch.tensor(v).log2().item() for v in self.speed)
        speed = torch.exp2(draws.uniform(low, high, len(audio)))
        seconds = audio.shape[-1] / self.sample_rate
        labels = scaled(labels, speed, self.kinds, seconds=seconds, kept=seconds)
        return stretched(audio, speed), labels
