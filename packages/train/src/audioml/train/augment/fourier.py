"""Filters by Fourier transform, another for each example of a batch."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

__all__ = [
    "convolved",
    "fast_length",
    "filtered",
    "frequencies",
    "padded_length",
    "per_example",
    "rms",
]

_EDGE = 1024  # zeros between the end and the beginning, which the transform takes for neighbours


@functools.lru_cache(maxsize=256)
def fast_length(least: int) -> int:
    """Return the smallest even length from ``least`` with no prime factor above 5."""
    best = 2 * least
    five = 1
    while five < best:
        three = five
        while three < best:
            length = 2 * three
            while length < least:
                length *= 2
            best = min(best, length)
            three *= 3
        five *= 5
    return best


def per_example(values: Tensor, audio: Tensor) -> Tensor:
    """Return numbers of examples, (batch,), with the axes that audio has."""
    return values.view(-1, *[1] * (audio.ndim - 1))


def rms(audio: Tensor) -> Tensor:
    """Return the root of the mean square of each example, of shape (batch, 1, ...)."""
    return audio.square().mean(dim=tuple(range(1, audio.ndim)), keepdim=True).sqrt()


def frequencies(length: int, rate: float, device: torch.device) -> Tensor:
    """Return the frequencies of a transform in Hz, float32 (length // 2 + 1,)."""
    return torch.arange(length // 2 + 1, device=device) * (rate / length)


def padded_length(samples: int) -> int:
    """Return the length of the transform that `filtered` uses."""
    return fast_length(samples + _EDGE)


def filtered(audio: Tensor, gains: Tensor) -> Tensor:
    """Return audio with each example's spectrum multiplied, phases as they were.

    Parameters
    ----------
    audio
        float32 (batch, ..., samples).
    gains
        (batch, padded_length(samples) // 2 + 1).
    """
    samples = audio.shape[-1]
    length = padded_length(samples)
    spectrum = torch.fft.rfft(audio, length)
    gains = gains.view(len(gains), *[1] * (audio.ndim - 2), -1)
    made: Tensor = torch.fft.irfft(spectrum * gains, length)[..., :samples]
    return made


def convolved(audio: Tensor, responses: Tensor) -> Tensor:
    """Return audio convolved with each example's response (batch, taps), as long as it was."""
    samples = audio.shape[-1]
    length = fast_length(samples + responses.shape[-1])
    response = torch.fft.rfft(responses, length)
    response = response.view(len(response), *[1] * (audio.ndim - 2), -1)
    made: Tensor = torch.fft.irfft(torch.fft.rfft(audio, length) * response, length)
    return made[..., :samples]
