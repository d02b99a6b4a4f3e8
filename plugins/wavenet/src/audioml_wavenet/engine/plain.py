"""Songs made by numpy alone: for where there is no numba, and to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..architecture import SILENCE
from ..weights import Weights, head_names
from .sampling import Sampling, drawn

__all__ = ["PlainSongs"]

_AT_ONCE = 4096  # steps of a prompt, so that memory is bounded

_Floats = NDArray[np.float32]


class PlainSongs:
    """See `audioml_wavenet.engine.songs.Songs`."""

    def __init__(self, weights: Weights, conditions: Sequence[int | None] = (None,)) -> None:
        self._weights, a = weights, weights.architecture
        self.last = np.full(len(conditions), SILENCE, np.int64)
        taps = np.concatenate([weights["past"], weights["now"]], axis=1)
        self._taps = taps.reshape(a.layers, 2 * a.residual, 2 * a.gate)
        told = [0.0 if c is None else weights["condition"][:, c] for c in conditions]
        bias = np.stack([weights["bias"] + each for each in told], axis=1)
        self._bias = bias.reshape(a.layers, len(conditions), 1, 2 * a.gate)
        self._rings = [np.zeros((len(conditions), d, a.residual), np.float32) for d in a.dilations]

    def feed(
        self, tokens: NDArray[np.integer], /, *, logits: bool = False
    ) -> NDArray[np.float32] | None:
        """Go on with amplitudes that are given."""
        given = np.column_stack([self.last, tokens]).astype(np.int64)
        self.last = given[:, -1].copy()
        told = []
        for start in range(0, tokens.shape[1], _AT_ONCE):
            skip = self._layers(given[:, start : min(start + _AT_ONCE, tokens.shape[1])])
            told += [self._head(skip)] if logits else []
        return np.concatenate(told, axis=1) if told else None

    def draw(
        self, uniforms: NDArray[np.float64], choices: Sequence[Sampling], /
    ) -> NDArray[np.uint8]:
        """Go on with amplitudes that are drawn."""
        made = np.empty(uniforms.shape, np.uint8)
        for step in range(uniforms.shape[1]):
            logits = self._head(self._layers(self.last[:, np.newaxis]))[:, 0]
            self.last = drawn(logits, uniforms[:, step], choices)
            made[:, step] = self.last
        return made

    def memory(self, song: int, /) -> NDArray[np.float32]:
        """Return all that a song's future depends on besides ``last``."""
        return np.concatenate([ring[song] for ring in self._rings])

    def recall(self, song: int, memory: NDArray[np.float32], last: int, /) -> None:
        """Go back to a memory."""
        ends = np.cumsum(self._weights.architecture.dilations)
        for ring, part in zip(self._rings, np.split(memory, ends[:-1]), strict=True):
            ring[song] = part
        self.last[song] = last

    def _layers(self, tokens: NDArray[np.integer]) -> _Floats:
        """Return the skip channels of some steps, shape (songs, steps, skip)."""
        w, a = self._weights, self._weights.architecture
        hidden, count = w["embedding"][tokens], tokens.shape[1]
        skip = np.zeros((*tokens.shape, a.skip), np.float32)
        for layer, ring in enumerate(self._rings):
            heard = np.concatenate([ring, hidden], axis=1)
            self._rings[layer] = heard[:, count:]
            taps = np.concatenate([heard[:, :count], hidden], axis=2)
            gates = taps @ self._taps[layer] + self._bias[layer]
            units = np.tanh(gates[..., : a.gate])
            units *= 0.5 * np.tanh(0.5 * gates[..., a.gate :]) + 0.5  # the logistic function
            out = units @ w["out"][layer] + w["out.bias"][layer]
            hidden = out[..., : a.residual] + hidden if a.adds else out[..., : a.residual]
            skip += out[..., a.residual :]
        return skip

    def _head(self, skip: _Floats) -> _Floats:
        for place, name in enumerate(head_names(self._weights.architecture)):
            if place or self._weights.architecture.rectifies:
                skip = np.maximum(skip, 0)
            skip = skip @ self._weights[name] + self._weights[f"{name}.bias"]
        return skip
