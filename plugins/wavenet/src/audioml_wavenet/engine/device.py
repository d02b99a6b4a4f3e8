"""Songs made by torch, many at once: for a graphics processor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audioml.core.errors import UsageError

from ..architecture import LEVELS, SILENCE
from ..weights import Weights, head_names
from .sampling import Sampling

__all__ = ["DeviceSongs"]

_AT_ONCE = 4096  # steps of a prompt, so that memory is bounded


class DeviceSongs:
    """See `audioml_wavenet.engine.songs.Songs`; ``device`` is torch's name of one.

    Raises
    ------
    UsageError
        If there is no such device.
    """

    def __init__(
        self, weights: Weights, conditions: Sequence[int | None] = (None,), *, device: str
    ) -> None:
        a, songs = weights.architecture, len(conditions)
        self._architecture, self.device = a, _found(device)
        self._weights = {name: self._here(array) for name, array in weights.arrays.items()}
        past, now = self._weights["past"], self._weights["now"]
        self._taps = torch.cat([past, now], dim=1).flatten(2)
        bias = self._weights["bias"][:, None].repeat(1, songs, 1, 1)
        for song, condition in enumerate(conditions):
            if condition is not None:
                bias[:, song] += self._weights["condition"][:, condition]
        self._bias = bias.flatten(2)[:, :, None]
        self._rings = [bias.new_zeros(songs, d, a.residual) for d in a.dilations]
        self._time = 0  # steps since the oldest of each ring was its first
        self._last = torch.full((songs,), SILENCE, device=self.device)

    @property
    def last(self) -> NDArray[np.int64]:
        """Return the last amplitude of each song."""
        return self._last.cpu().numpy()

    @torch.no_grad()
    def feed(
        self, tokens: NDArray[np.integer], /, *, logits: bool = False
    ) -> NDArray[np.float32] | None:
        """Go on with amplitudes that are given."""
        given = torch.cat([self._last[:, None], self._here(tokens.astype(np.int64))], dim=1)
        self._rings = [self._ordered(ring) for ring in self._rings]
        self._time, told = 0, []
        for start in range(0, tokens.shape[1], _AT_ONCE):
            skip = self._layers(given[:, start : min(start + _AT_ONCE, tokens.shape[1])])
            told += [self._head(skip).cpu().numpy()] if logits else []
        self._last = given[:, -1].clone()
        return np.concatenate(told, axis=1) if told else None

    @torch.no_grad()
    def draw(
        self, uniforms: NDArray[np.float64], choices: Sequence[Sampling], /
    ) -> NDArray[np.uint8]:
        """Go on with amplitudes that are drawn."""
        numbers, choice = self._here(uniforms), _Choice(choices, self.device)
        made = torch.empty(uniforms.shape, dtype=torch.uint8, device=self.device)
        for step in range(uniforms.shape[1]):
            logits = self._head(self._step(self._last))
            self._last = choice.drawn(logits, numbers[:, step])
            made[:, step] = self._last
        return made.cpu().numpy()

    def memory(self, song: int, /) -> NDArray[np.float32]:
        """Return all that a song's future depends on besides ``last``."""
        return torch.cat([self._ordered(ring)[song] for ring in self._rings]).cpu().numpy()

    def recall(self, song: int, memory: NDArray[np.float32], last: int, /) -> None:
        """Go back to a memory."""
        ends = np.cumsum(self._architecture.dilations)
        parts = map(self._here, np.split(memory, ends[:-1]))
        for ring, part in zip(self._rings, parts, strict=True):
            ring[song] = part.roll(self._time % len(part), dims=0)
        self._last[song] = int(last)

    def _here(self, array: NDArray[np.generic]) -> Tensor:
        return torch.tensor(np.ascontiguousarray(array), device=self.device)

    def _ordered(self, ring: Tensor) -> Tensor:
        """Return what a ring holds, the oldest first."""
        return ring.roll(-(self._time % ring.shape[1]), dims=1)

    def _layers(self, tokens: Tensor) -> Tensor:
        """Return the skip channels of some steps, shape (songs, steps, skip)."""
        hidden, count = self._weights["embedding"][tokens], tokens.shape[1]
        skip = hidden.new_zeros(())
        for layer, ring in enumerate(self._rings):
            heard = torch.cat([ring, hidden], dim=1)
            self._rings[layer] = heard[:, count:]
            hidden, part = self._layer(layer, heard[:, :count], hidden)
            skip = skip + part
        return skip

    def _step(self, tokens: Tensor) -> Tensor:
        """Return the skip channels of the next step, shape (songs, 1, skip)."""
        hidden = self._weights["embedding"][tokens][:, None]
        skip = hidden.new_zeros(())
        for layer, ring in enumerate(self._rings):
            at = self._time % ring.shape[1]
            past = ring[:, at : at + 1].clone()
            ring[:, at : at + 1] = hidden
            hidden, part = self._layer(layer, past, hidden)
            skip = skip + part
        self._time += 1
        return skip

    def _layer(self, layer: int, past: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return the input of the layer after, and a part of the skip channels."""
        a, w = self._architecture, self._weights
        gates = torch.cat([past, hidden], dim=-1) @ self._taps[layer] + self._bias[layer]
        units = torch.tanh(gates[..., : a.gate]) * torch.sigmoid(gates[..., a.gate :])
        out = units @ w["out"][layer] + w["out.bias"][layer]
        onward = out[..., : a.residual]
        return onward + hidden if a.adds else onward, out[..., a.residual :]

    def _head(self, skip: Tensor) -> Tensor:
        for place, name in enumerate(head_names(self._architecture)):
            if place or self._architecture.rectifies:
                skip = torch.relu(skip)
            skip = skip @ self._weights[name] + self._weights[f"{name}.bias"]
        return skip


class _Choice:
    """`audioml_wavenet.engine.sampling.drawn` for many songs at once."""

    def __init__(self, choices: Sequence[Sampling], device: torch.device) -> None:
        def column(values: list[float]) -> Tensor:
            return torch.tensor(values, dtype=torch.float64, device=device)[:, None]

        self._temperature = column([c.temperature or 1.0 for c in choices])
        self._greedy = column([c.temperature == 0 for c in choices])[:, 0] > 0
        self._top_k = column([c.top_k or LEVELS for c in choices])
        self._top_p = column([c.top_p or 1.0 for c in choices])
        self._restricts = any(c.top_k is not None or c.top_p is not None for c in choices)

    def drawn(self, logits: Tensor, numbers: Tensor) -> Tensor:
        """Return the amplitudes that uniform numbers mean, shape (songs,)."""
        logits = logits[:, 0].double()
        above = logits - logits.amax(dim=1, keepdim=True)
        chances = torch.exp(above / self._temperature)
        if self._restricts:
            chances = self._restricted(chances)
        reached = chances.cumsum(dim=1)
        wanted = numbers[:, None] * reached[:, -1:]
        place = torch.searchsorted(reached, wanted, right=True)[:, 0]
        last = LEVELS - 1 - chances.flip(1).ne(0).int().argmax(dim=1)
        return torch.where(self._greedy, above.argmax(dim=1), torch.minimum(place, last))

    def _restricted(self, chances: Tensor) -> Tensor:
        likelier = chances[:, None, :] > chances[:, :, None]
        chances = chances * (likelier.sum(dim=2) < self._top_k)
        before = (likelier * chances[:, None, :]).sum(dim=2)
        total = chances.sum(dim=1, keepdim=True)
        return chances * ((before < self._top_p * total) | (self._top_p == 1))


def _found(device: str) -> torch.device:
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:  # torch says one or the other
        why = str(error).splitlines()[0].rstrip(".")
        raise UsageError(f"device {device!r} cannot be used here: {why}") from error
    return found
