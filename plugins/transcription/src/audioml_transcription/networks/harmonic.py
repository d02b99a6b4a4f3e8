"""The small network: what is true of one key is true of all, and partials tell which one.

Weights are shared by all keys (as in Wei et al. 2022, "HPPNet", and Bittner et al. 2022, "A
lightweight instrument-agnostic model"). Three bins of the spectrum make a key; each key sees the
keys where its partials lie, which are whole semitones apart but for a seventh partial that is a
third of one off. Later each key sees again whose partials it could be.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..notes import KEYS
from ..spectrum import BINS, CHANNELS

__all__ = ["CONTEXT", "HEADS", "HarmonicNet", "Probabilities"]

HEADS = 4
CONTEXT = 64
"""Frames on each side of a frame that its answer can depend on: 33 for notes, 63 for the pedal."""

_HIGHEST = BINS // 3
_PARTIALS = (-12, 0, 7, 12, 19, 24, 28, 31, 34, 36, 40, 43)
_RELATED = (-36, -31, -28, -24, -19, -12, 0, 12, 19, 24, 28, 31, 36)


def _shifted(keys: Tensor, steps: tuple[int, ...], count: int) -> Tensor:
    """Return channels of keys ``steps`` semitones above each of ``count`` keys, side by side."""
    below, above = max(0, -min(steps)), max(0, max(steps) + count - keys.shape[-1])
    if torch.onnx.is_in_onnx_export():  # where channels come first
        wide = functional.pad(keys, (below, above))
        return torch.cat([wide[..., below + s : below + s + count] for s in steps], 1)
    padded = functional.pad(keys.permute(0, 2, 3, 1), (0, 0, below, above))
    cut = [padded[:, :, below + step : below + step + count] for step in steps]
    return torch.cat(cut, 3).permute(0, 3, 1, 2)  # channels are last in memory, all the way


class _Conv(nn.Sequential):
    """A convolution that keeps the size, normalised, and what is above zero of it."""

    def __init__(self, inner: int, outer: int, kernel: tuple[int, int], dilation: int = 1) -> None:
        padding = kernel[0] // 2 * dilation, kernel[1] // 2
        super().__init__(
            nn.Conv2d(inner, outer, kernel, padding=padding, dilation=(dilation, 1), bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
        )


class _Related(nn.Module):
    """Each key looks at those whose partials it shares."""

    def __init__(self, width: int, narrow: int) -> None:
        super().__init__()
        self.reduce = _Conv(width, narrow, (1, 1))
        self.expand = _Conv(narrow * len(_RELATED), width, (1, 1))

    def forward(self, keys: Tensor) -> Tensor:
        """Return what is to be added to the keys."""
        found: Tensor = self.expand(_shifted(self.reduce(keys), _RELATED, KEYS))
        return found


class _Pedal(nn.Module):
    """Three answers for each frame, from the means and maxima over the keys."""

    def __init__(self, width: int, narrow: int) -> None:
        super().__init__()
        self.reduce = _Conv(width, narrow, (1, 1))
        sizes = 2 * narrow, 48, 48, 48
        self.layers = nn.Sequential(
            *(_Conv(a, 48, (5, 1), 2**i) for i, a in enumerate(sizes)), nn.Conv2d(48, 3, 1)
        )

    def forward(self, keys: Tensor) -> Tensor:
        """Return logits, shape (batch, 3, frames)."""
        last = self.reduce(keys).permute(0, 2, 3, 1)
        pooled = torch.cat([last.mean(2), last.amax(2)], 2).transpose(1, 2)
        found: Tensor = self.layers(pooled.unsqueeze(3))[..., 0]
        return found


class HarmonicNet(nn.Module):
    """Notes and pedal from spectra.

    Parameters
    ----------
    width
        Channels of each key.
    stem
        Channels of each bin before bins become keys.
    """

    def __init__(self, *, width: int = 48, stem: int = 8) -> None:
        super().__init__()
        self.width, self.stem_width = width, stem
        self.norm = nn.BatchNorm2d(CHANNELS)
        self.stem = nn.Sequential(_Conv(CHANNELS, stem, (5, 5)), _Conv(stem, stem, (3, 3)))
        self.partials = _Conv(3 * stem * len(_PARTIALS), width, (1, 1))
        self.place = nn.Parameter(torch.zeros(1, width, 1, KEYS))
        self.blocks = nn.ModuleList(
            [
                _Conv(width, width, (3, 3)),
                _Conv(width, width, (5, 1), 2),
                _Related(width, 16),
                _Conv(width, width, (5, 1), 4),
                _Conv(width, width, (3, 3)),
                _Conv(width, width, (5, 1), 8),
            ]
        )
        self.notes = nn.Conv2d(width, HEADS, 1)
        self.pedal = _Pedal(width, 16)
        nn.init.constant_(self.notes.bias[:3], -3.0)  # type: ignore[index] # most keys are silent

    def forward(self, spectra: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of notes and of the pedal.

        Parameters
        ----------
        spectra
            Shape (batch, 2, frames, 297), see `audioml_transcription.spectrum`.

        Returns
        -------
        Shapes (batch, 4, frames, 88): onset, offset, frame, velocity; and (batch, 3, frames)
        """
        bins = self.stem(self.norm(spectra))
        size = bins.shape[0], bins.shape[1], bins.shape[2]
        keys = bins.reshape(*size, _HIGHEST, 3).permute(0, 1, 4, 2, 3)
        keys = keys.reshape(size[0], 3 * size[1], size[2], _HIGHEST)
        keys = self.partials(_shifted(keys, _PARTIALS, KEYS))
        keys = keys + self.place.to(keys.dtype)  # in bfloat16 as a whole where it is allowed
        for block in self.blocks:
            keys = keys + block(keys)
        return self.notes(keys), self.pedal(keys)


class Probabilities(nn.Module):
    """What is exported: a network whose answers are probabilities, time before keys."""

    names = ("onset", "offset", "frame", "velocity", "pedal")

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, spectra: Tensor) -> tuple[Tensor, ...]:
        """Return onset, offset, frame and velocity, (batch, frames, 88), and pedal."""
        notes, pedal = self.network(spectra)
        return (*notes.sigmoid().unbind(1), pedal.sigmoid().transpose(1, 2))
