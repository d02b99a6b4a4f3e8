"""A network small enough for every test, and one as CS205-Waveforms keeps them."""

from __future__ import annotations

import json

import numpy as np

from audioml_wavenet.architecture import Architecture
from audioml_wavenet.weights import random

GENRES = ("folk", "rock", "jazz")
ODD = Architecture(dilations=(1, 3, 16, 5), residual=5, gate=9, skip=21, head=(7,), conditions=3)
"""Sizes that are no multiples of anything, and dilations that are no powers of two."""


def weights(seed=0):
    return random(ODD, seed=seed)


def expected_tokens(logits, uniforms):
    """What the original's loop draws: cumulative sums in float64, searched from the right."""
    chances = np.exp(logits - logits.max(axis=-1, keepdims=True))
    reached = np.cumsum(chances, axis=-1)
    return (reached <= uniforms[..., np.newaxis] * reached[..., -1:]).sum(axis=-1)


def write_cs205(folder, *, residual=False, skips=True, padding="causal", gates=(4, 4), layers=3):
    """Write ``x.json`` and ``x.h5`` as ``create_wavenet`` builds them; return their paths."""
    import h5py

    rng = np.random.default_rng(7)
    nodes, arrays, used = [], {}, []

    def node(kind, inputs, **config):
        name = f"{kind.lower()}_{sum(n['class_name'] == kind for n in nodes)}"
        calls = [[[each, 0, 0, {}] for each in inputs]] if inputs else []
        nodes.append({"class_name": kind, "name": name, "config": config, "inbound_nodes": calls})
        return name

    def conv(before, inputs, outputs, *, size=1, dilation=1, activation="linear"):
        name = node(
            "Conv1D", [before], kernel_size=[size], strides=[1], activation=activation,
            padding=padding if size == 2 else "same", dilation_rate=[dilation],
        )  # fmt: skip
        arrays[name] = [rng.normal(0, 0.3, (size, inputs, outputs)), rng.normal(0, 0.3, outputs)]
        return name

    at, wide = node("InputLayer", []), 1
    for layer in range(layers):
        both = [
            conv(at, wide, gates[0], size=2, dilation=2**layer, activation=activation)
            for activation in ("sigmoid", "tanh")
        ]
        out = conv(node("Multiply", both), gates[0], 6)
        used += [out] if layer or not skips else []
        heard = layer < layers - 1 or not skips  # Keras keeps nothing that leads nowhere
        at, wide = node("Add", [at, out]) if residual and heard else out, 6
    total = node("Add", used) if skips else at
    total = conv(total, 6, 5, activation="relu")
    total = conv(total, 5, 8, activation="relu")
    conv(total, 8, 256, activation="softmax")
    graph, kept = folder / "x.json", folder / "x.h5"
    graph.write_text(json.dumps({"class_name": "Model", "config": {"layers": nodes}}))
    with h5py.File(kept, "w") as file:
        file.attrs["layer_names"] = [each["name"].encode() for each in nodes]
        for each in nodes:
            group = file.create_group(each["name"])
            names = [f"{each['name']}/{kind}:0" for kind in ("kernel", "bias")]
            found = arrays.get(each["name"], [])
            group.attrs["weight_names"] = [n.encode() for n in names[: len(found)]]
            for name, array in zip(names, found, strict=False):
                group[name] = array.astype(np.float32)
    return graph, kept


def run_cs205(graph, kept, x):
    """Run a graph node by node, as Keras does: logits for a signal of raw numbers, shape (n,)."""
    import h5py

    values = {}
    with h5py.File(kept) as file:
        for each in json.loads(graph.read_text())["config"]["layers"]:
            name, config = each["name"], each["config"]
            inputs = [values[call[0]] for call in (each["inbound_nodes"] or [[]])[0]]
            if each["class_name"] == "InputLayer":
                value = np.asarray(x, np.float64)[:, np.newaxis]
            elif each["class_name"] == "Multiply":
                value = inputs[0] * inputs[1]
            elif each["class_name"] == "Add":
                value = sum(inputs)
            else:
                kernel, *bias = (file[name][n][()] for n in file[name].attrs["weight_names"])
                value = inputs[0] @ kernel[-1] + (bias[0] if bias else 0)
                if len(kernel) == 2:
                    past, (dilation,) = np.zeros_like(inputs[0]), config["dilation_rate"]
                    past[dilation:] = inputs[0][:-dilation]
                    value += past @ kernel[0]
                value = _ACTIVATIONS[config["activation"]](value)
            values[name] = value
    return value


_ACTIVATIONS = {
    "sigmoid": lambda y: 1 / (1 + np.exp(-y)),
    "tanh": np.tanh,
    "relu": lambda y: np.maximum(y, 0),
    "linear": lambda y: y,
    "softmax": lambda y: y,  # what is compared are logits
}
