"""Makes sound longer or shorter at its own pitch: the phase vocoder.

Flanagan and Golden 1966; the form with one Fourier transform a frame is Dolson's (1986).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["stretched"]

_SIZE = 2048
_HOP = 512


def stretched(audio: Tensor, speed: Tensor, *, length: int | None = None) -> Tensor:
    """Return audio ``speed`` times as fast and at the pitch that it had.

    Steady sound stays clean. An attack spreads over one frame of 2048 samples, which is what the
    method costs.

    Parameters
    ----------
    audio
        float32 (batch, ..., samples).
    speed
        float32 (batch,), above 0.
    length
        Samples of the answer, by default as many as came in; silence after the end.
    """
    samples = audio.shape[-1]
    length = length or samples
    flat = audio.reshape(-1, samples)
    speeds = speed.repeat_interleave(len(flat) // len(speed))
    window = torch.hann_window(_SIZE, device=audio.device)
    frames = length // _HOP + 1
    spectrum = torch.stft(
        flat, _SIZE, _HOP, window=window, center=True, pad_mode="constant", return_complex=True
    )
    made = _turned(spectrum, speeds, frames)
    sound = torch.istft(made, _SIZE, _HOP, window=window, center=True, length=length)
    ends = torch.ceil(samples / speeds)
    after = torch.arange(length, device=audio.device) >= ends[:, None]
    return sound.masked_fill(after, 0.0).view(*audio.shape[:-1], length)


def _turned(spectrum: Tensor, speed: Tensor, frames: int) -> Tensor:
    """Return the spectra at other times, with phases that go on as the frequencies demand."""
    last = spectrum.shape[-1]
    spectrum = torch.nn.functional.pad(spectrum, (0, 2))
    at = torch.arange(frames, device=spectrum.device) * speed[:, None]
    first = at.floor().long().clamp(max=last)
    apart = (at - first).clamp(0.0, 1.0)[:, None, :]
    size = (-1, spectrum.shape[1], -1)
    one = torch.gather(spectrum, 2, first[:, None, :].expand(size))
    two = torch.gather(spectrum, 2, (first + 1)[:, None, :].expand(size))
    loudness = one.abs() * (1.0 - apart) + two.abs() * apart
    steps = _steps(one, two)
    phase = one[..., :1].angle() + torch.nn.functional.pad(steps, (1, -1)).cumsum(-1)
    return torch.polar(loudness, phase)


def _steps(one: Tensor, two: Tensor) -> Tensor:
    """Return how far each phase goes in one hop, less whole turns."""
    bins = torch.arange(one.shape[1], device=one.device)
    expected = (2.0 * math.pi / _SIZE) * ((bins * _HOP) % _SIZE)[:, None]
    extra = two.angle() - one.angle() - expected
    extra = extra - 2.0 * math.pi * torch.round(extra / (2.0 * math.pi))
    return extra + expected
