"""What the layers of a network hear: the largest values, and the means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features import TENSOR
from ..graph import build, read_by
from ..network import LAYERS, Layer

__all__ = ["Heard", "observed"]

_BATCH = 8
_LARGE = 1 << 24  # bytes: the dense layers


@dataclass(slots=True)
class Heard:
    """What one layer reads, over many examples.

    ``lowest`` and ``highest`` are limits of all values, 0 among them; ``mean`` is that of each
    channel, or of each number where there are no channels.
    """

    lowest: float = 0.0
    highest: float = 0.0
    mean: NDArray[np.float64] | float = 0.0
    count: int = 0

    def add(self, values: NDArray[Any]) -> None:
        """Take in what the layer read of some examples, shape (rows, channels, ...)."""
        self.lowest = min(self.lowest, float(values.min()))
        self.highest = max(self.highest, float(values.max()))
        means = values.mean(axis=tuple(range(2, values.ndim)), dtype=np.float64)
        self.count += len(values)
        self.mean = self.mean + (means.sum(axis=0) - self.mean * len(values)) / self.count


def observed(layers: Iterable[Layer], examples: NDArray[np.float32]) -> Mapping[str, Heard]:
    """Return what each layer reads of some examples, by the layer's name.

    The largest weights are given to the runtime as inputs: it keeps no copy of them.
    """
    from .runtime import session

    graph = build(layers, None)
    watched = {name: read_by(name) for name in LAYERS}
    fed = {name: array for name, array in graph.arrays.items() if array.nbytes > _LARGE}
    run = session(graph.model(fed=fed, watched=watched.values()).SerializeToString())
    heard = {name: Heard() for name in LAYERS}
    for first in range(0, len(examples), _BATCH):
        feeds = {**fed, TENSOR: examples[first : first + _BATCH]}
        values = run.run(list(watched.values()), feeds)
        for name, value in zip(watched, values, strict=True):
            heard[name].add(value)
    return heard
