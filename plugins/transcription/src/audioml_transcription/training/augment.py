"""Batches of sound made different: another microphone, another room, noise, another level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..spectrum import RATE

__all__ = ["Augmentation"]

_KNOTS = 8
_ROOM = int(0.6 * RATE)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes that leave what is played as it is.

    Parameters
    ----------
    level
        dB up or down.
    equaliser
        dB up or down in eight places from 20 Hz to 8 kHz, at most.
    room
        Share of segments that get a room.
    noise
        Share of segments that get noise, from -70 to -35 dB under full scale.
    """

    level: float = 4.0
    equaliser: float = 9.0
    room: float = 0.3
    noise: float = 0.5

    def __call__(self, samples: Tensor, generator: torch.Generator) -> Tensor:
        """Return samples of shape (batch, n) changed, each in its own way.

        ``generator`` is on the samples' device.
        """
        batch, count = samples.shape
        size = 1 << (count + _ROOM).bit_length()
        spectrum = torch.fft.rfft(samples, size)
        gains = self._curves(batch, spectrum.shape[1], generator)
        rooms = torch.fft.rfft(self._rooms(batch, generator), size)
        changed = torch.fft.irfft(spectrum * gains * rooms, size)[:, :count]
        return self._noisy(self._levelled(changed, samples), generator)

    def _curves(self, batch: int, bins: int, generator: torch.Generator) -> Tensor:
        depth = self.equaliser * torch.rand(batch, 1, generator=generator, device=generator.device)
        knots = depth * (
            2 * torch.rand(batch, _KNOTS, generator=generator, device=generator.device) - 1
        )
        hertz = torch.arange(bins, device=generator.device) * (RATE / 2 / max(bins - 1, 1))
        place = (hertz.clamp(min=20) / 20).log2() * ((_KNOTS - 1) / math.log2(RATE / 40))
        low = place.floor().clamp(max=_KNOTS - 2).long()
        share = place - low
        decibels = knots[:, low] * (1 - share) + knots[:, low + 1] * share
        return torch.pow(10.0, decibels / 20)

    def _rooms(self, batch: int, generator: torch.Generator) -> Tensor:
        seconds = torch.arange(_ROOM, device=generator.device) / RATE
        rate = 6.9 / (
            0.1 + 0.9 * torch.rand(batch, 1, generator=generator, device=generator.device)
        )
        tail = torch.randn(batch, _ROOM, generator=generator, device=generator.device) * torch.exp(
            -rate * seconds
        )
        tail /= tail.square().sum(1, keepdim=True).sqrt()
        level = torch.pow(
            10.0,
            (-24 + 18 * torch.rand(batch, 1, generator=generator, device=generator.device)) / 20,
        )
        used = torch.rand(batch, 1, generator=generator, device=generator.device) < self.room
        tail = tail * level * used
        tail[:, 0] = 1
        return tail

    def _levelled(self, changed: Tensor, samples: Tensor) -> Tensor:
        """Return the sound as loud as it was: only its colour is to be another."""
        before, after = (x.square().mean(1, keepdim=True) for x in (samples, changed))
        return changed * (before / (after + 1e-10)).sqrt().clamp(0.1, 10)

    def _noisy(self, samples: Tensor, generator: torch.Generator) -> Tensor:
        batch = samples.shape[0]
        level = self.level * (
            2 * torch.rand(batch, 1, generator=generator, device=generator.device) - 1
        )
        floor = torch.pow(
            10.0,
            (-70 + 35 * torch.rand(batch, 1, generator=generator, device=generator.device)) / 20,
        )
        used = torch.rand(batch, 1, generator=generator, device=generator.device) < self.noise
        hiss = (
            torch.randn(samples.shape, generator=generator, device=generator.device) * floor * used
        )
        return (samples + hiss) * torch.pow(10.0, level / 20)
