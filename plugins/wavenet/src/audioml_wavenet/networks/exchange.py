"""Between the network in torch and the arrays that the engines and model folders hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ..architecture import Architecture
from ..weights import Weights, shapes
from .wavenet import WaveNet

__all__ = ["network_of", "weights_of"]


def weights_of(architecture: Architecture, state: Mapping[str, Tensor]) -> Weights:
    """Return the weights in the state of a `WaveNet`.

    Raises
    ------
    ValidationError
        If an array is missing, or not one of this architecture, or holds what is not a number.
    """
    dotted = {name.replace(".", "_"): name for name in shapes(architecture)}
    arrays = {
        dotted.get(name, name): np.array(value.detach().cpu().numpy(), np.float32)
        for name, value in state.items()
    }
    return Weights(architecture, arrays)


def network_of(weights: Weights) -> WaveNet:
    """Return a network with these weights."""
    network = WaveNet(weights.architecture)
    network.load_state_dict(
        {name.replace(".", "_"): torch.from_numpy(a.copy()) for name, a in weights.arrays.items()}
    )
    return network
