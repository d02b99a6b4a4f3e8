"""WaveNet in torch, as `audioml_wavenet.reference.forward` defines it; for training only."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..architecture import LEVELS, Architecture
from ..weights import shapes

__all__ = ["WaveNet"]

_BELOW = 0.4
"""Standard deviation of the embedding's numbers to begin with."""
_HEARD, _TOLD = 12, 48
"""Waves over the amplitudes that the embedding and the logits begin with."""


class WaveNet(nn.Module):
    """Foretells amplitudes from those before (van den Oord et al. 2016, sec. 2).

    Its parameters have the names and shapes of `audioml_wavenet.weights.shapes`, with an underscore
    for each dot: channels come last, so that every layer is a few products of large matrices.

    Parameters
    ----------
    architecture
        Its sizes.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        for name, shape in shapes(architecture).items():
            self.register_parameter(name.replace(".", "_"), nn.Parameter(_begun(name, shape)))

    def forward(
        self, tokens: Tensor, condition: Tensor | None = None, *, filled: bool = False
    ) -> Tensor:
        """Return the logits of what follows each amplitude, float32, shape (batch, n, 256).

        Parameters
        ----------
        tokens
            Whole numbers, shape (batch, n).
        condition
            int64, shape (batch,): the number of each signal's genre, -1 where none is told.
        filled
            Whether only what follows a filled receptive field is wanted: the last
            ``n - receptive_field + 1``. Else every layer's input is 0 before the signal.
        """
        a = self.architecture
        hidden = self._of("embedding")[tokens.long()]
        wanted = tokens.shape[1] - (a.receptive_field - 1 if filled else 0)
        skip = hidden.new_zeros(())
        for layer, dilation in enumerate(a.dilations):
            past, now = _taps(hidden, dilation, filled=filled)
            units = self._units(layer, past, now, condition)
            out, bias = self._of("out")[layer], self._of("out.bias")[layer]
            skip = skip + units[:, -wanted:] @ out[:, a.residual :] + bias[a.residual :]
            if layer + 1 < a.layers:
                hidden = units @ out[:, : a.residual] + bias[: a.residual]
                hidden = hidden + now if a.adds else hidden
        return self._head(skip)

    def _units(self, layer: int, past: Tensor, now: Tensor, condition: Tensor | None) -> Tensor:
        gate = self.architecture.gate
        taps = (self._of(name)[layer].flatten(1) for name in ("past", "now"))
        bias = self._of("bias")[layer].flatten()
        gates = past @ next(taps) + now @ next(taps) + self._told(layer, bias, condition)
        return torch.tanh(gates[..., :gate]) * torch.sigmoid(gates[..., gate:])

    def _told(self, layer: int, bias: Tensor, condition: Tensor | None) -> Tensor:
        """Return the bias of a layer's gates, with what each signal's genre adds to it."""
        if condition is None or not self.architecture.conditions:
            return bias
        table = self._of("condition")[layer].flatten(1)
        told = table[condition.clamp(min=0)] * (condition >= 0)[:, None]
        return (bias + told)[:, None]

    def _head(self, skip: Tensor) -> Tensor:
        a = self.architecture
        for place in range(len(a.head) + 1):
            if place or a.rectifies:
                skip = functional.relu(skip)
            skip = skip @ self._of(f"head.{place}") + self._of(f"head.{place}.bias")
        return skip

    def _of(self, name: str) -> Tensor:
        return cast("Tensor", getattr(self, name.replace(".", "_")))


def _taps(hidden: Tensor, dilation: int, *, filled: bool) -> tuple[Tensor, Tensor]:
    """Return a layer's input ``dilation`` steps ago, and now."""
    if not filled:
        hidden = functional.pad(hidden, (0, 0, dilation, 0))
    return hidden[:, :-dilation], hidden[:, dilation:]


def _begun(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return numbers to begin with: those of a product keep the variance, others are small.

    The embedding and the last matrix are smooth over the amplitudes: that neighbours are alike need
    not be learnt, which saves about the first hundred steps.
    """
    if name.endswith("bias") or name == "condition":
        return torch.zeros(shape)
    if name == "embedding":
        fading = 1 / torch.arange(1, _HEARD + 1).sqrt()
        return _waves(shape[0], _HEARD) @ (_BELOW * fading[:, None] * torch.randn(_HEARD, shape[1]))
    inputs = {"past": 2 * shape[1], "now": 2 * shape[1], "out": shape[1]}.get(name, shape[0])
    if name.startswith("head") and shape[-1] == LEVELS:
        mixed = torch.randn(shape[0], _TOLD) @ _waves(LEVELS, _TOLD).T
        return 0.3 / math.sqrt(inputs * _TOLD) * mixed
    return torch.randn(shape) / math.sqrt(inputs)


def _waves(levels: int, count: int) -> Tensor:
    """Return functions of the amplitude, from slow to quick, of deviation 1: (levels, count)."""
    place = torch.linspace(-1, 1, levels)
    linear = place.sign() * torch.expm1(place.abs() * math.log(256)) / 255
    waves = [torch.cos(math.pi / 2 * k * (place + 1)) for k in range(1, count - 1)]
    found = torch.stack([place, linear, *waves], 1)
    return found / found.std(0, keepdim=True)
