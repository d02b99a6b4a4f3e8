"""Layers in 8-bit integers: real = scale * (stored - zero point), Jacob et al. 2018, sec. 2.

Weights are int8 with a scale for each output and no zero point. What a layer reads is uint8: after
a ReLU nothing is below zero. Runtimes find the pairs of nodes that quantise and dequantise, and
compute what lies between them in integers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph
from ..network import Layer
from .ranges import Heard

__all__ = ["Integers", "quantised"]

_LEVELS = 255
_WEIGHT = 127
_ROWS = 1 << 10  # of a dense layer, rounded at a time


class Integers:
    """The arithmetic of a network whose layers read what was heard of them in single precision."""

    def __init__(self, heard: Mapping[str, Heard]) -> None:
        self._heard = heard

    def held(self, graph: Graph, value: str, reader: str) -> str:
        """Return the value after a round trip through uint8."""
        scale, zero = _grid(self._heard[reader])
        grid = [graph.constant(f"{reader}/scale", scale), graph.constant(f"{reader}/zero", zero)]
        stored = graph.node("QuantizeLinear", [value, *grid], f"{value}/stored")
        return graph.node("DequantizeLinear", [stored, *grid], f"{value}/real")

    def weights(self, graph: Graph, layer: Layer) -> list[str]:
        """Return the names of a layer's weights and biases, which are stored as integers."""
        heard, name = self._heard[layer.name], layer.name
        stored, scales, mistaken = quantised(layer, mean=np.asarray(heard.mean))
        fine = (scales * _grid(heard)[0]).astype(np.float32)
        biases = np.rint((layer.biases - mistaken) / fine).astype(np.int32)
        none = np.zeros(len(scales), np.int8)
        return [
            _real(graph, f"{name}/weights", stored, scales, none, axis=int(layer.dense)),
            _real(graph, f"{name}/biases", biases, fine, none.astype(np.int32), axis=0),
        ]


def _real(
    graph: Graph,
    name: str,
    stored: NDArray[np.signedinteger],
    scales: NDArray[np.float32],
    zeros: NDArray[np.signedinteger],
    *,
    axis: int,
) -> str:
    inputs = [
        graph.constant(f"{name}/stored", stored),
        graph.constant(f"{name}/scales", scales),
        graph.constant(f"{name}/zeros", zeros),
    ]
    return graph.node("DequantizeLinear", inputs, name, axis=axis)


def _grid(heard: Heard) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return scale and zero point of a layer's input; nothing that was heard is clipped."""
    span = heard.highest - heard.lowest
    scale = np.float32(span / _LEVELS if span > 0 else 1.0)
    zero = np.uint8(np.clip(np.rint(-heard.lowest / scale), 0, _LEVELS))
    return np.asarray(scale), np.asarray(zero)


def quantised(
    layer: Layer, *, mean: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float64]]:
    """Return a layer's weights as int8, the scale of each output, and its mean error.

    Rounding shifts every output by some constant, for what a layer reads is not zero on average.
    The biases can take that back, which halves the error of the embedding (after Nagel et al.
    2019, "Data-free quantization through weight equalization and bias correction", sec. 4.2).

    Parameters
    ----------
    layer
        In single precision.
    mean
        float64, shape (in,): of what the layer reads.
    """
    weights = layer.weights if layer.dense else layer.weights.transpose(1, 2, 3, 0)
    inner = tuple(range(weights.ndim - 1))
    scales = (np.maximum(weights.max(axis=inner), -weights.min(axis=inner)) / _WEIGHT).astype("f4")
    scales[scales == 0] = 1.0
    stored = np.empty(weights.shape, np.int8)
    mistaken = np.zeros(weights.shape[-1])
    for first in range(0, len(weights), _ROWS):
        rows = slice(first, first + _ROWS)
        steps = np.rint(weights[rows] / scales)
        stored[rows] = steps
        steps *= scales
        steps -= weights[rows]
        mistaken += mean[rows] @ steps.sum(axis=inner[1:])
    return (stored if layer.dense else stored.transpose(3, 0, 1, 2)), scales, mistaken
