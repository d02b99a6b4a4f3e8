"""Songs made by compiled code."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..architecture import LEVELS, SILENCE
from ..weights import Weights
from .drawing import Choice
from .kernel import AHEAD, forward, generate
from .layout import Plan, Room, biases, planned, room
from .products import UNPACKS
from .sampling import Sampling

__all__ = ["CompiledSongs"]

_LARGE = 2_000_000  # bytes; the processor's own caches hold 1 or 2 MB, and further ones are slow
_AT_ONCE = 4096  # steps of a prompt: room for more would be of no use


class CompiledSongs:
    """See `audioml_wavenet.engine.songs.Songs`; ``plan`` may be shared by many, and by threads.

    However many songs are made together, each of them is the same to the last bit.
    """

    def __init__(
        self,
        weights: Weights,
        conditions: Sequence[int | None] = (None,),
        *,
        plan: Plan | None = None,
    ) -> None:
        self.plan = plan or _plan(weights)
        self.last = np.full(len(conditions), SILENCE, np.int64)
        self._biases = biases(weights, conditions)
        self._residual = weights.architecture.residual
        slots = sum(weights.architecture.dilations)
        self._queue = np.zeros((slots, len(conditions), self.plan.residual), np.float32)
        self._room: Room | None = None
        self._time = 0

    def feed(
        self, tokens: NDArray[np.integer], /, *, logits: bool = False
    ) -> NDArray[np.float32] | None:
        """Go on with amplitudes that are given."""
        songs, count = tokens.shape
        given = np.column_stack([self.last, tokens]).astype(np.int64)
        told = np.empty((songs, count if logits else 0, LEVELS), np.float32)
        space = room(self.plan, min(count, _AT_ONCE))
        for start in range(0, count, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, count))
            for song in range(songs):
                forward(
                    self.plan, self._biases, self._queue, song, self._time,
                    given[song, part], told[song, part], space,
                )  # fmt: skip
            self._time += part.stop - part.start
        self.last = given[:, -1].copy()
        return told if logits else None

    def draw(
        self, uniforms: NDArray[np.float64], choices: Sequence[Sampling], /
    ) -> NDArray[np.uint8]:
        """Go on with amplitudes that are drawn."""
        songs, count = uniforms.shape
        drawn = np.empty((songs, count), np.uint8)
        if self._room is None:
            ahead = max(1, AHEAD // songs)
            self._room = room(self.plan, songs, ahead=ahead * len(self.plan.dilations))
        generate(
            self.plan, self._biases, self._queue, self._time, self.last,
            np.ascontiguousarray(uniforms, np.float64), _choice(choices), drawn, self._room,
        )  # fmt: skip
        self._time += count
        return drawn

    def memory(self, song: int, /) -> NDArray[np.float32]:
        """Return all that a song's future depends on besides ``last``."""
        return self._queue[self._slots(), song, : self._residual]

    def recall(self, song: int, memory: NDArray[np.float32], last: int, /) -> None:
        """Go back to a memory."""
        self._queue[self._slots(), song, : self._residual] = memory
        self.last[song] = last

    def _slots(self) -> NDArray[np.int64]:
        """Return where the rings keep what they hold, oldest first."""
        rings = zip(self.plan.starts, self.plan.dilations, strict=True)
        return np.concatenate([start + (self._time + np.arange(d)) % d for start, d in rings])


@functools.lru_cache(maxsize=2)
def _plan(weights: Weights) -> Plan:
    """Return the plan of a network, the same one for all songs of it."""
    large = sum(array.nbytes for array in weights.arrays.values()) >= _LARGE
    return planned(weights, pack=large and UNPACKS)


def _choice(choices: Sequence[Sampling]) -> Choice:
    return Choice(
        np.array([c.temperature for c in choices], np.float32),
        np.array([c.top_k or LEVELS for c in choices], np.int64),
        np.array([c.top_p or 1.0 for c in choices], np.float64),
    )
