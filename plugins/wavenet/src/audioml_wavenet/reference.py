"""The network as its definition reads, in double precision: what the engines are compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .weights import Weights, head_names

__all__ = ["forward"]


def forward(
    weights: Weights, tokens: ArrayLike, *, condition: int | None = None
) -> NDArray[np.float64]:
    """Return the logits of what follows each sample of a signal that nothing came before.

    Parameters
    ----------
    weights
        A network.
    tokens
        Amplitudes, whole numbers from 0 to 255, shape (n,).
    condition
        The number of the genre.

    Returns
    -------
    float64, shape (n, 256). Before the signal, every layer's input is 0.
    """
    a = weights.architecture
    hidden = weights["embedding"].astype(np.float64)[np.asarray(tokens)]
    skip = np.zeros((len(hidden), a.skip))
    for layer, dilation in enumerate(a.dilations):
        past = np.zeros_like(hidden)
        past[dilation:] = hidden[:-dilation]
        gates = np.einsum("tr,rhg->thg", past, weights["past"][layer].astype(np.float64))
        gates += np.einsum("tr,rhg->thg", hidden, weights["now"][layer].astype(np.float64))
        gates += weights["bias"][layer]
        if condition is not None:
            gates += weights["condition"][layer, condition]
        units = np.tanh(gates[:, 0]) / (1.0 + np.exp(-gates[:, 1]))
        out = units @ weights["out"][layer].astype(np.float64) + weights["out.bias"][layer]
        hidden = out[:, : a.residual] + (hidden if a.adds else 0.0)
        skip += out[:, a.residual :]
    for place, name in enumerate(head_names(a)):
        if place or a.rectifies:
            skip = np.maximum(skip, 0.0)
        skip = skip @ weights[name].astype(np.float64) + weights[f"{name}.bias"]
    return skip
