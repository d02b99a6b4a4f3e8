"""Plays sound faster or slower, by a ratio of its own for each example."""

from __future__ import annotations

import torch
from torch import Tensor

from .fourier import fast_length

__all__ = ["resampled"]

_EDGE = 512
_OVER = 2  # samples between two, so that few points are enough to interpolate
_TAPER = 0.05  # of the band, below where it ends


def resampled(audio: Tensor, speed: Tensor, *, length: int | None = None) -> Tensor:
    """Return audio read ``speed`` times as fast: pitch and time move together.

    The spectrum is cut where the faster reading would alias, and doubled in rate; between the
    samples that there are then, a polynomial through six of them is read. One transform serves
    the whole batch, whatever the speeds.

    Parameters
    ----------
    audio
        float32 (batch, ..., samples).
    speed
        float32 (batch,), above 0; 2 is an octave up and half as long.
    length
        Samples of the answer, by default as many as came in; silence after the end.
    """
    samples = audio.shape[-1]
    fine = _oversampled(audio, speed)
    at = torch.arange(length or samples, device=audio.device, dtype=torch.float64)
    at = at * (speed.double() * _OVER)[:, None]
    first = at.floor()
    apart = (at - first).float()
    inside = at <= (samples - 1) * _OVER
    index = torch.where(inside, first, 0.0).long()
    weights = torch.stack(_six_points(apart), dim=0).masked_fill(~inside, 0.0)
    shape = [len(audio), *[1] * (audio.ndim - 2), at.shape[1]]
    size = [*audio.shape[:-1], at.shape[1]]
    made = torch.zeros(size, dtype=audio.dtype, device=audio.device)
    for offset, weight in enumerate(weights, start=_EDGE - 2):
        taken = torch.gather(fine, -1, (index + offset).view(shape).expand(size))
        made.addcmul_(taken, weight.view(shape))
    return made


def _oversampled(audio: Tensor, speed: Tensor) -> Tensor:
    """Return the band that stays, at twice the rate, with `_EDGE` samples before the first."""
    length = fast_length(audio.shape[-1] + _EDGE)
    spectrum = torch.fft.rfft(audio, length)
    band = torch.arange(length // 2 + 1, device=audio.device) * (2.0 / length)
    end = torch.clamp(1.0 / speed, max=1.0)[:, None]
    taper = ((end - band) / (_TAPER * end)).clamp(0.0, 1.0)
    gains = taper.square() * (3.0 - 2.0 * taper)
    gains = torch.where((speed <= 1.0)[:, None], torch.ones_like(gains), gains)
    spectrum = spectrum * gains.view(len(audio), *[1] * (audio.ndim - 2), -1)
    fine = torch.fft.irfft(spectrum, length * _OVER) * _OVER
    return torch.cat([fine[..., -_EDGE:], fine], dim=-1)


def _six_points(x: Tensor) -> list[Tensor]:
    """Return the weights of the samples at -2 to 3 for a place ``x`` in [0, 1) (Lagrange)."""
    places = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
    weights = []
    for i in places:
        weight = torch.ones_like(x)
        for j in places:
            if i != j:
                weight = weight * ((x - j) / (i - j))
        weights.append(weight)
    return weights
