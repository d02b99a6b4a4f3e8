"""The network of `audioml_crema.network`, to be trained, and the way between their weights.

McFee and Bello, "Structured training for large-vocabulary chord recognition", ISMIR 2017,
section 3, with the changes of crema 0.2: two harmonics, and 72 filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from audioml.core.errors import IntegrityError

from ..labels import LABELS
from ..network import BINS, HARMONICS, HEADS
from .gru import BidirectionalGRU

__all__ = ["ChordNetwork", "Probabilities", "arrays", "fill", "probabilities"]

_EPSILON = 1e-3  # of the batch norms, as in Keras
_WAYS = ("forward", "backward")
_SIZES = {name.removeprefix("chord_"): size for name, size in HEADS.items()}


class ChordNetwork(nn.Module):
    """Returns scores for ``tag``, ``pitch``, ``root`` and ``bass``, before their probabilities.

    Parameters
    ----------
    filters
        Of the second convolution, each as high as the spectrum.
    units
        Of each recurrent layer, in each direction.
    momentum
        Share of a batch in the running means of the batch norms.
    """

    def __init__(self, *, filters: int = 72, units: int = 128, momentum: float = 0.01) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(HARMONICS, _EPSILON, momentum)
        self.conv1 = nn.Conv2d(HARMONICS, 1, 5, padding=2)
        self.norm2 = nn.BatchNorm2d(1, _EPSILON, momentum)
        self.conv2 = nn.Linear(BINS, filters)
        self.norm3 = nn.BatchNorm1d(filters, _EPSILON, momentum)
        self.gru1 = BidirectionalGRU(filters, units)
        self.norm4 = nn.BatchNorm1d(2 * units, _EPSILON, momentum)
        self.gru2 = BidirectionalGRU(2 * units, units)
        self.pitch, self.root, self.bass = (nn.Linear(2 * units, size) for size in _SIZES.values())
        seen = 2 * units + sum(_SIZES.values())
        self.norm5 = nn.BatchNorm1d(seen, _EPSILON, momentum)
        self.tag = nn.Linear(seen, len(LABELS))
        for layer in (self.conv1, self.conv2, self.pitch, self.root, self.bass, self.tag):
            nn.init.xavier_uniform_(layer.weight)  # as Keras begins
            nn.init.zeros_(layer.bias.data)  # type: ignore[union-attr]

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Return the scores, float32, shape (batch, t, labels) each.

        Parameters
        ----------
        features
            float32, shape (batch, t, 216, 2), dB.
        """
        local = self.conv1(self.norm1(features.movedim(-1, 1))).relu()
        local = self.conv2(self.norm2(local).squeeze(1)).relu()
        memory = self.gru2(_normed(self.norm4, self.gru1(_normed(self.norm3, local))))
        pitch, root, bass = self.pitch(memory), self.root(memory), self.bass(memory)
        seen = [memory, pitch.sigmoid(), root.softmax(-1), bass.softmax(-1)]
        tag = self.tag(_normed(self.norm5, torch.cat(seen, dim=-1)))
        return {"tag": tag, "pitch": pitch, "root": root, "bass": bass}


class Probabilities(nn.Module):
    """Answers as the exported network does."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Return the probabilities, float32, shape (batch, t, labels) each."""
        return probabilities(self.network(features))


def probabilities(scores: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the heads, ``chord_tag`` and so on, for the scores of a `ChordNetwork`."""
    return {
        f"chord_{name}": each.sigmoid() if name == "pitch" else each.softmax(-1)
        for name, each in scores.items()
    }


def _normed(norm: nn.Module, steps: Tensor) -> Tensor:
    normed: Tensor = norm(steps.mT).mT
    return normed


def _places(network: ChordNetwork) -> Iterator[tuple[str, Tensor, tuple[int, ...]]]:
    """Yield each array of ``weights.npz``: its name, the tensor, and the order of its axes."""
    layers: Iterator[tuple[str, Any]] = network.named_children()
    for name, layer in layers:
        if isinstance(layer, BidirectionalGRU):
            for way, which in enumerate(_WAYS):
                for part in ("kernel", "recurrent", "bias"):
                    tensor = getattr(layer, part)[way]
                    yield f"{name}.{which}.{part}", tensor, tuple(range(tensor.ndim))
        elif isinstance(layer, nn.Linear | nn.Conv2d):
            is_flat = isinstance(layer, nn.Linear)
            yield f"{name}.kernel", layer.weight, (1, 0) if is_flat else (2, 3, 1, 0)
            yield f"{name}.bias", layer.bias.data, (0,)  # type: ignore[union-attr]
        else:
            parts = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
            for part, tensor in zip(("gamma", "beta", "mean", "variance"), parts, strict=True):
                yield f"{name}.{part}", tensor, (0,)


def arrays(network: ChordNetwork) -> dict[str, NDArray[np.float32]]:
    """Return what ``weights.npz`` of `audioml_crema.network` is to hold of a network."""
    found = {}
    for name, tensor, order in _places(network):
        array = tensor.detach().cpu().float().permute(order).contiguous().numpy()
        found[name] = array[np.newaxis, :, np.newaxis] if name == "conv2.kernel" else array
    return found


def fill(network: ChordNetwork, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Put the arrays of a ``weights.npz`` into a network of the same widths.

    Raises
    ------
    IntegrityError
        If an array is missing, or is of another shape.
    """
    for name, tensor, order in _places(network):
        shape = tuple(tensor.shape[axis] for axis in order)
        array = weights.get(name)
        if array is None or array.size != tensor.numel():
            got = "nothing" if array is None else f"shape {array.shape}"
            raise IntegrityError(f"{name!r} of the weights must have shape {shape}, got {got}")
        back = torch.from_numpy(array.reshape(shape)).permute(tuple(np.argsort(order)))
        tensor.data.copy_(back)
