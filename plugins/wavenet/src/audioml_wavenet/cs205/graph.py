"""The graph that Keras 2 wrote as JSON, walked to find what the network is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError
from audioml.core.files import shown

__all__ = ["Graph", "Layer", "read_graph"]

_KINDS = {"InputLayer", "Conv1D", "Multiply", "Add"}


@dataclass(frozen=True, slots=True)
class Layer:
    """The names of a layer's convolutions; whether it adds its input, and has a part in the sum.

    The last layer's input is never added, for nothing hears the sum.
    """

    dilation: int
    filter: str
    gate: str
    out: str
    adds: bool
    skips: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """Layers from the input on, and the names of the head's convolutions."""

    layers: tuple[Layer, ...]
    head: tuple[str, ...]


def read_graph(path: Path) -> Graph:
    """Return the graph in a file.

    Raises
    ------
    IntegrityError
        If it is not the JSON of a network of CS205-Waveforms, or of one that sees the future.
    """
    nodes = _nodes(path)
    try:
        return _walked(nodes)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise IntegrityError(
            f"{shown(path)} is not a network as CS205-Waveforms makes them: {error}"
        ) from error


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    kind: str
    inputs: tuple[str, ...]
    config: Mapping[str, Any]

    def is_conv(self, *, size: int, activation: str) -> bool:
        """Return whether this is a convolution over ``size`` steps."""
        wanted = {"kernel_size": [size], "activation": activation, "strides": [1]}
        return self.kind == "Conv1D" and all(self.config.get(k) == v for k, v in wanted.items())


def _nodes(path: Path) -> dict[str, _Node]:
    try:
        layers = json.loads(path.read_bytes())["config"]["layers"]
        nodes = [
            _Node(
                layer["name"],
                layer["class_name"],
                tuple(each[0] for calls in layer["inbound_nodes"] for each in calls),
                layer["config"],
            )
            for layer in layers
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise IntegrityError(f"{shown(path)} is not a network as Keras 2 wrote it") from error
    if odd := sorted({node.kind for node in nodes} - _KINDS):
        raise IntegrityError(
            f"{shown(path)} is not a network as CS205-Waveforms makes them: it has a {odd[0]}"
        )
    return {node.name: node for node in nodes}


def _walked(nodes: Mapping[str, _Node]) -> Graph:
    """Return the graph, gone through from the input to the logits."""
    users: dict[str, list[_Node]] = {name: [] for name in nodes}
    for node in nodes.values():
        for name in node.inputs:
            users[name].append(node)
    at = _only((n for n in nodes.values() if n.kind == "InputLayer"), "input").name
    layers = []
    while _is_heard(at, users):
        layer, at = _layer(at, users)
        layers.append(layer)
    head = _head(_only((n for n in nodes.values() if not users[n.name]), "output"), nodes)
    (heard,) = nodes[head[0]].inputs
    summed = set(nodes[heard].inputs) if nodes[heard].kind == "Add" else {heard}
    if not summed <= {out for *_, out, _ in layers}:
        raise ValueError(f"its head hears {heard!r}, which is no sum of what layers give")
    count = 4 * len(layers) + len(head) + 1 + sum(n.kind == "Add" for n in nodes.values())
    if not layers or count != len(nodes):
        raise ValueError(f"{len(nodes)} nodes, of which {count} are part of it")
    found = [Layer(d, f, g, o, adds, o in summed) for d, f, g, o, adds in layers]
    return Graph(tuple(found), head)


def _is_heard(name: str, users: Mapping[str, list[_Node]]) -> bool:
    """Return whether a layer hears what a node gives."""
    return any(node.is_conv(size=2, activation="tanh") for node in users[name])


def _layer(
    at: str, users: Mapping[str, list[_Node]]
) -> tuple[tuple[int, str, str, str, bool], str]:
    """Return the layer that hears ``at``, and the name of what comes out of it."""
    filter_ = _only((n for n in users[at] if n.is_conv(size=2, activation="tanh")), "tanh")
    gate = _only((n for n in users[at] if n.is_conv(size=2, activation="sigmoid")), "sigmoid")
    for node in (filter_, gate):
        if node.config["padding"] != "causal":
            raise ValueError(
                f"{node.name!r} hears the future (padding {node.config['padding']!r}), "
                "so nothing can be generated with it"
            )
    if filter_.config["dilation_rate"] != gate.config["dilation_rate"]:
        raise ValueError(f"{filter_.name!r} and {gate.name!r} differ in their dilation")
    product = _only(users[filter_.name], "product")
    if product.kind != "Multiply" or [product] != users[gate.name]:
        raise ValueError(f"{filter_.name!r} and {gate.name!r} are not multiplied")
    out = _only(users[product.name], "way on from a product")
    if not out.is_conv(size=1, activation="linear"):
        raise ValueError(f"{out.name!r} is not a linear convolution of one step")
    (dilation,) = filter_.config["dilation_rate"]
    sums = [n for n in users[out.name] if n.kind == "Add" and set(n.inputs) == {at, out.name}]
    sums = [n for n in sums if _is_heard(n.name, users)]  # and is not the sum of all layers
    names = (dilation, filter_.name, gate.name, out.name, bool(sums))
    return names, sums[0].name if sums else out.name


def _only(found: Iterable[_Node], what: str) -> _Node:
    nodes = list(found)
    if len(nodes) != 1:
        raise ValueError(f"it has {len(nodes)} of what there should be one, {what}")
    return nodes[0]


def _head(node: _Node, nodes: Mapping[str, _Node]) -> tuple[str, ...]:
    """Return the convolutions that end in ``node``, from the first on."""
    if not node.is_conv(size=1, activation="softmax"):
        raise ValueError(f"{node.name!r} is not a softmax")
    names = [node.name]
    (before,) = node.inputs
    while nodes[before].is_conv(size=1, activation="relu"):
        names.append(before)
        (before,) = nodes[before].inputs
    return tuple(reversed(names))
