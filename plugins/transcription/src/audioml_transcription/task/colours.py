"""Batches of sound made different: another microphone, another room, noise, another level."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ..spectrum import RATE

__all__ = ["Colours"]

_KNOTS = 8
_ROOM = int(0.6 * RATE)


class Colours(nn.Module):
    """Random changes that leave what is played as it is, others for each segment.

    They are drawn by torch's own random numbers, which the loop seeds for each step.

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

    def __init__(
        self, *, level: float = 4.0, equaliser: float = 9.0, room: float = 0.3, noise: float = 0.5
    ) -> None:
        super().__init__()
        self.level, self.equaliser, self.room, self.noise = level, equaliser, room, noise

    @torch.no_grad()
    def forward(self, audio: Tensor, labels: Any) -> tuple[Tensor, Any]:
        """Return the batch with its sound, shape (batch, n), changed."""
        if not self.training:
            return audio, labels
        chance = torch.Generator(audio.device)
        chance.manual_seed(int(torch.randint(2**62, ())))
        with torch.autocast(audio.device.type, enabled=False):
            return self._changed(audio.float(), chance), labels

    def _changed(self, samples: Tensor, chance: torch.Generator) -> Tensor:
        batch, count = samples.shape
        size = 1 << (count + _ROOM).bit_length()
        spectrum = torch.fft.rfft(samples, size)
        gains = self._curves(batch, spectrum.shape[1], chance)
        rooms = torch.fft.rfft(self._rooms(batch, chance), size)
        changed = torch.fft.irfft(spectrum * gains * rooms, size)[:, :count]
        return self._noisy(_levelled(changed, samples), chance)

    def _curves(self, batch: int, bins: int, chance: torch.Generator) -> Tensor:
        depth = self.equaliser * _drawn(batch, 1, chance)
        knots = depth * (2 * _drawn(batch, _KNOTS, chance) - 1)
        hertz = torch.arange(bins, device=chance.device) * (RATE / 2 / max(bins - 1, 1))
        place = (hertz.clamp(min=20) / 20).log2() * ((_KNOTS - 1) / math.log2(RATE / 40))
        low = place.floor().clamp(max=_KNOTS - 2).long()
        share = place - low
        return _amplitude(knots[:, low] * (1 - share) + knots[:, low + 1] * share)

    def _rooms(self, batch: int, chance: torch.Generator) -> Tensor:
        seconds = torch.arange(_ROOM, device=chance.device) / RATE
        rate = 6.9 / (0.1 + 0.9 * _drawn(batch, 1, chance))
        tail = torch.randn(batch, _ROOM, generator=chance, device=chance.device)
        tail = tail * torch.exp(-rate * seconds)
        tail /= tail.square().sum(1, keepdim=True).sqrt()
        level = _amplitude(-24 + 18 * _drawn(batch, 1, chance))
        tail = tail * level * (_drawn(batch, 1, chance) < self.room)
        tail[:, 0] = 1
        return tail

    def _noisy(self, samples: Tensor, chance: torch.Generator) -> Tensor:
        batch = samples.shape[0]
        level = self.level * (2 * _drawn(batch, 1, chance) - 1)
        floor = _amplitude(-70 + 35 * _drawn(batch, 1, chance))
        used = _drawn(batch, 1, chance) < self.noise
        hiss = torch.randn(samples.shape, generator=chance, device=chance.device) * floor * used
        return (samples + hiss) * _amplitude(level)


def _drawn(batch: int, count: int, chance: torch.Generator) -> Tensor:
    return torch.rand(batch, count, generator=chance, device=chance.device)


def _amplitude(decibels: Tensor) -> Tensor:
    return torch.pow(10.0, decibels / 20)


def _levelled(changed: Tensor, samples: Tensor) -> Tensor:
    """Return the sound as loud as it was: only its colour is to be another."""
    before, after = (x.square().mean(1, keepdim=True) for x in (samples, changed))
    return changed * (before / (after + 1e-10)).sqrt().clamp(0.1, 10)
