"""VGGish as an ONNX graph, in whatever arithmetic its layers are to be computed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .features import TENSOR
from .network import FIRST_DENSE, LAST, LAYERS, Layer, Whitening
from .spectra import BANDS, FRAMES

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["EMBEDDING", "WHITENED", "Arithmetic", "Graph", "Single", "build", "read_by"]

EMBEDDING = "embedding"
WHITENED = "whitened"
_OPSET = 17
_IR = 8  # what runtimes of 2022 read already
_KINDS = {"f4": 1, "f8": 11}  # onnx.TensorProto.FLOAT and DOUBLE


@dataclass(slots=True)
class Graph:
    """Nodes and the arrays that they need, while a graph is made."""

    nodes: list[NodeProto] = field(default_factory=list)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    outputs: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Name to dtype and size of a row."""

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Add an array and return its name."""
        self.arrays[name] = array
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Add a node and return its output, which is called as the node is."""
        from onnx.helper import make_node

        self.nodes.append(make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def model(self, *, fed: Collection[str] = (), watched: Iterable[str] = ()) -> ModelProto:
        """Return the graph as a model.

        ``fed`` are arrays that are left out, to be given as inputs at each run: no copy of them
        is made then. ``watched`` are values within that become outputs too.
        """
        from onnx import helper, numpy_helper

        info, single = helper.make_tensor_value_info, _KINDS["f4"]
        inputs = [info(TENSOR, single, ["rows", FRAMES, BANDS])]
        outputs = [info(n, _KINDS[dtype], ["rows", k]) for n, (dtype, k) in self.outputs.items()]
        outputs += [info(name, single, None) for name in watched]
        constants = []
        for name, array in self.arrays.items():
            if name in fed:
                kind = helper.np_dtype_to_tensor_dtype(array.dtype)
                inputs.append(info(name, kind, array.shape))
            else:
                constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        graph = helper.make_graph(self.nodes, "vggish", inputs, outputs, constants)
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(
            graph, opset_imports=[opset], ir_version=_IR, producer_name="audioml-vggish"
        )

    def write(self, path: Path) -> None:
        """Write the graph to a file, and its arrays to ``NAME.data`` beside it.

        Apart, they are mapped instead of parsed: VGGish loads in half the time and memory.
        """
        import onnx

        place = path.with_suffix(path.suffix + ".data").name
        onnx.save_model(
            self.model(), path, save_as_external_data=True, location=place, size_threshold=1 << 12
        )


class Arithmetic(Protocol):
    """How numbers are held between layers, and how a layer's weights come into the graph."""

    def held(self, graph: Graph, value: str, reader: str) -> str:
        """Return a value as it is held for the layer ``reader``."""
        ...

    def weights(self, graph: Graph, layer: Layer) -> list[str]:
        """Return the names of a layer's weights and biases."""
        ...


class Single:
    """Single precision, as the original computes."""

    def held(self, graph: Graph, value: str, reader: str) -> str:
        """Return the value as it is."""
        return value

    def weights(self, graph: Graph, layer: Layer) -> list[str]:
        """Return the names of a layer's weights and biases."""
        return [
            graph.constant(f"{layer.name}/weights", layer.weights),
            graph.constant(f"{layer.name}/biases", layer.biases),
        ]


def read_by(layer: str) -> str:
    """Return what the value is called that a layer reads, in single precision."""
    order = list(LAYERS)
    if layer == order[0]:
        return "image"
    if layer == FIRST_DENSE:
        return "flat"
    before = order[order.index(layer) - 1]
    return f"{before}/pool" if LAYERS[before] == "pool" else f"{before}/relu"


def build(
    layers: Iterable[Layer], whitening: Whitening | None, *, arithmetic: Arithmetic | None = None
) -> Graph:
    """Return VGGish from ``examples`` to ``embedding``, and to ``whitened`` where that is given.

    The last layer and the whitening are computed in double precision. Eight bits are cut off, not
    rounded, so that the last digit of a number can become a whole step.
    """
    graph, numbers = Graph(), arithmetic or Single()
    axis = graph.constant("axis", np.array([1]))
    value = graph.node("Unsqueeze", [TENSOR, axis], "image")
    value = numbers.held(graph, value, next(iter(LAYERS)))
    for layer in layers:
        if layer.name == LAST:
            _last(graph, layer, value, whitening)
        else:
            value = _layer(graph, layer, value, numbers)
    return graph


def _layer(graph: Graph, layer: Layer, value: str, numbers: Arithmetic) -> str:
    order = list(LAYERS)
    reader = order[order.index(layer.name) + 1]
    inputs = [value, *numbers.weights(graph, layer)]
    if layer.dense:
        value = graph.node("Gemm", inputs, layer.name)
    else:
        value = graph.node("Conv", inputs, layer.name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    value = numbers.held(graph, graph.node("Relu", [value], f"{layer.name}/relu"), reader)
    if layer.pooled:
        halves = {"kernel_shape": [2, 2], "strides": [2, 2]}
        value = graph.node("MaxPool", [value], f"{layer.name}/pool", **halves)
        value = numbers.held(graph, value, reader)
    if reader == FIRST_DENSE:  # which counts channels last
        value = graph.node("Transpose", [value], "last", perm=[0, 2, 3, 1])
        value = numbers.held(graph, value, reader)
        value = numbers.held(graph, graph.node("Flatten", [value], "flat"), reader)
    return value


def _last(graph: Graph, layer: Layer, value: str, whitening: Whitening | None) -> None:
    double = {"to": _KINDS["f8"]}
    inputs = [value, *Single().weights(graph, layer)]
    inputs = [graph.node("Cast", [name], f"{name}/double", **double) for name in inputs]
    value = graph.node("Relu", [graph.node("Gemm", inputs, layer.name)], f"{layer.name}/relu")
    graph.outputs[EMBEDDING] = ("f4", len(layer.biases))
    graph.node("Cast", [value], EMBEDDING, to=_KINDS["f4"])
    if whitening is not None:
        means = graph.constant("means", whitening.means)
        vectors = graph.constant("vectors", np.ascontiguousarray(whitening.vectors.T))
        centred = graph.node("Sub", [value, means], "centred")
        graph.node("MatMul", [centred, vectors], WHITENED)
        graph.outputs[WHITENED] = ("f8", len(whitening.means))
