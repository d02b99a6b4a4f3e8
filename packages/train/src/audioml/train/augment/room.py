"""Rooms: synthetic impulse responses whose sound dies away exponentially."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .fourier import convolved, frequencies, rms
from .labels import Labels

__all__ = ["Reverb", "responses"]

_FIRST = 0.002  # seconds until the nearest wall answers


class Reverb(BatchAugmentor):
    """Puts sound into rooms. The direct sound stays where it was, and so do the labels.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    seconds
        The shortest and longest time in which the room's sound falls by 60 dB.
    wet
        The least and the most of the room's energy against that of the direct sound, in decibels.
    damping
        The lowest and highest frequency, in Hz, above which walls swallow the sound.
    """

    def __init__(
        self,
        *,
        sample_rate: float,
        seconds: tuple[float, float] = (0.1, 1.0),
        wet: tuple[float, float] = (-20.0, 0.0),
        damping: tuple[float, float] = (1500.0, 8000.0),
        p: float = 0.3,
        seed: int = 0,
    ) -> None:
        super().__init__(p=p, seed=seed)
        if not 0 < seconds[0] <= seconds[1]:
            raise UsageError(f"'seconds' must be two times above 0, low first, got {seconds!r}")
        self.sample_rate = float(sample_rate)
        self.seconds = (float(seconds[0]), float(seconds[1]))
        self.wet = (float(wet[0]), float(wet[1]))
        self.damping = (float(damping[0]), float(damping[1]))

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the examples in rooms, as loud as they were."""
        count = len(audio)
        seconds = draws.uniform(*self.seconds, count)
        wet = torch.pow(10.0, draws.uniform(*self.wet, count) / 20.0)
        low, high = (math.log2(hertz) for hertz in self.damping)
        damping = torch.exp2(draws.uniform(low, high, count))
        taps = min(int(self.seconds[1] * self.sample_rate), audio.shape[-1])
        room = responses(seconds, damping, taps=max(taps, 1), rate=self.sample_rate, draws=draws)
        room = room * wet[:, None]
        room[:, 0] += 1.0
        made = convolved(audio, room)
        before, after = rms(audio), rms(made)
        return made * (before / after.clamp(min=1e-12)), labels


def responses(seconds: Tensor, damping: Tensor, *, taps: int, rate: float, draws: Draws) -> Tensor:
    """Return what rooms answer to an impulse, of energy 1, without the direct sound.

    Parameters
    ----------
    seconds, damping
        float32 (batch,): until 60 dB are gone, and the cutoff of the walls in Hz.
    taps
        Length in samples.
    """
    count = len(seconds)
    time = torch.arange(taps, device=seconds.device) / rate
    fall = torch.exp(-math.log(1000.0) * time / seconds[:, None])
    late = draws.noise(count, taps) * fall
    early = _reflections(count, taps, rate=rate, draws=draws) * fall
    room = (late + 4.0 * early).masked_fill(time < _FIRST, 0.0)
    spectrum = torch.fft.rfft(room, 2 * taps)
    hertz = frequencies(2 * taps, rate, seconds.device)
    spectrum = spectrum * torch.rsqrt(1.0 + (hertz / damping[:, None]).square())
    made: Tensor = torch.fft.irfft(spectrum, 2 * taps)[:, :taps]
    return made / made.square().sum(1, keepdim=True).sqrt().clamp(min=1e-12)


def _reflections(count: int, taps: int, *, rate: float, draws: Draws, walls: int = 12) -> Tensor:
    """Return single echoes in the first 50 ms, each of size 1 and of either sign."""
    last = max(1, min(taps - 1, int(0.05 * rate)))
    at = (draws.uniform(0.0, 1.0, count, walls) * last).long().clamp(0, taps - 1)
    sign = draws.whole(0, 1, count, walls) * 2.0 - 1.0
    return torch.zeros(count, taps, device=at.device).scatter_(1, at, sign)
