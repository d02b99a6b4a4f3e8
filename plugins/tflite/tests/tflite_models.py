"""Writes small TFLite models without TensorFlow, through the schema that LiteRT brings along.

`Model` puts tensors and operators together; the functions below write whole models. Weights are
random but the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Shape = Sequence[int]
_TYPES = {
    "float32": 0,
    "float16": 1,
    "int32": 2,
    "uint8": 3,
    "int64": 4,
    "str": 5,
    "bool": 6,
    "int16": 7,
    "int8": 9,
}
_OPS = {  # name -> code, kind of options, version that knows int8
    "ADD": (0, None, 2),
    "CONV_2D": (3, "Conv2D", 3),
    "DEQUANTIZE": (6, None, 2),
    "FULLY_CONNECTED": (9, "FullyConnected", 4),
    "MUL": (18, "Mul", 2),
    "RELU": (19, None, 2),
    "RESHAPE": (22, None, 1),
    "SOFTMAX": (25, "Softmax", 2),
    "CUSTOM": (32, None, 1),
    "MEAN": (40, "Reducer", 2),
    "CAST": (53, "Cast", 1),
    "WHERE": (109, None, 1),
    "QUANTIZE": (114, None, 1),
}


class Model:
    """A model under construction: `tensor`, `constant` and `op` return numbers of tensors."""

    def __init__(self) -> None:
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model = schema.ModelT()
        self._model.version, self._model.description = 3, ""
        self._model.buffers, self._model.operatorCodes = [schema.BufferT()], []
        self._model.subgraphs = [self._graph]
        self._codes: dict[tuple[str, str], int] = {}

    def tensor(
        self,
        name: str,
        shape: Shape,
        dtype: str = "float32",
        *,
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        axis: int = 0,
        buffer: int = 0,
    ) -> int:
        """Add a tensor; -1 in ``shape`` stands for any length."""
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.buffer = name, _TYPES[dtype], buffer
        tensor.shape = [max(n, 1) for n in shape]
        if -1 in shape:
            tensor.shapeSignature = list(shape)
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = np.full(len(scales), zero_point, np.int64)
            tensor.quantization.quantizedDimension = axis
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def constant(self, name: str, values: np.ndarray, **quantisation: Any) -> int:
        """Add a tensor of weights."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        place = len(self._model.buffers) - 1
        return self.tensor(name, values.shape, values.dtype.name, buffer=place, **quantisation)

    def op(self, name: str, ins: Sequence[int], out: int, custom: str = "", **options: Any) -> int:
        """Add an operator that writes the tensor ``out``."""
        _, kind, _ = _OPS[name]
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(name, custom)
        operator.inputs, operator.outputs = list(ins), [out]
        if kind:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{kind}Options")
            operator.builtinOptions = getattr(schema, f"{kind}OptionsT")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        self._graph.operators.append(operator)
        return out

    def _code(self, name: str, custom: str) -> int:
        if (name, custom) not in self._codes:
            number, _, version = _OPS[name]
            found = schema.OperatorCodeT()
            found.builtinCode, found.deprecatedBuiltinCode = number, min(number, 127)
            found.version, found.customCode = version, custom or None
            self._codes[name, custom] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(found)
        return self._codes[name, custom]

    def signature(self, ins: Mapping[str, int], outs: Mapping[str, int], key: str) -> None:
        """Add a signature: names of inputs and outputs."""
        found = schema.SignatureDefT()
        found.signatureKey, found.subgraphIndex = key, 0
        found.inputs, found.outputs = _mapped(ins), _mapped(outs)
        self._model.signatureDefs = [*(self._model.signatureDefs or []), found]

    def write(self, path: Path, ins: Sequence[int], outs: Sequence[int]) -> Path:
        """Write the file and return its path."""
        self._graph.inputs, self._graph.outputs = list(ins), list(outs)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path


def _mapped(names: Mapping[str, int]) -> list[Any]:
    found = []
    for name, index in names.items():
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, index
        found.append(entry)
    return found


def dense(path: Path, weights: np.ndarray, bias: np.ndarray, *, shape: Shape, out: Shape) -> Path:
    """Write ``x @ weights.T + bias``; ``weights`` is float32 of shape (outputs, inputs)."""
    model = Model()
    x = model.tensor("serving_default_x:0", shape)
    w, b = model.constant("w", weights), model.constant("b", bias)
    y = model.tensor("StatefulPartitionedCall:0", out)
    model.op("FULLY_CONNECTED", [x, w, b], y)
    return model.write(path, [x], [y])


def elementwise(path: Path, name: str, *, shape: Shape, out: Shape | None = None) -> Path:
    """Write a model of one operator that keeps shapes, such as ``RELU``."""
    model = Model()
    x = model.tensor("x", shape)
    y = model.tensor("y", shape if out is None else out)
    return model.write(path, [x], [model.op(name, [x], y)])


def sum_and_product(path: Path, *, shape: Shape, signature: bool = True) -> Path:
    """Write a model of two inputs, ``left`` and ``right``, and two outputs."""
    model = Model()
    a, b = model.tensor("a:0", shape), model.tensor("b:0", shape)
    s, p = model.tensor("Call:0", shape), model.tensor("Call:1", shape)
    model.op("ADD", [a, b], s)
    model.op("MUL", [a, b], p)
    if signature:
        model.signature({"left": a, "right": b}, {"sum": s, "product": p}, "serving_default")
    return model.write(path, [a, b], [s, p])


def requantise(path: Path, dtype: str, *, scale: float, zero_point: int, shape: Shape) -> Path:
    """Write a model that takes and gives quantised numbers and does nothing else: RESHAPE."""
    model = Model()
    x = model.tensor("x", shape, dtype, scale=scale, zero_point=zero_point)
    y = model.tensor("y", shape, dtype, scale=scale, zero_point=zero_point)
    to = model.constant("shape", np.asarray(shape, np.int32))
    return model.write(path, [x], [model.op("RESHAPE", [x, to], y)])


def convert(path: Path, name: str, ins: Mapping[str, Any], outs: Mapping[str, Any]) -> Path:
    """Write a model of one operator between tensors of two types: QUANTIZE, DEQUANTIZE, CAST."""
    model = Model()
    x, y = model.tensor("x", **ins), model.tensor("y", **outs)
    options = {}
    if name == "CAST":
        options = {"inDataType": _TYPES[ins["dtype"]], "outDataType": _TYPES[outs["dtype"]]}
    return model.write(path, [x], [model.op(name, [x], y, **options)])


def small_conv(path: Path, *, seed: int = 0, quantised_io: bool = False) -> Path:
    """Write an int8 network of about 36 kB: [1, 64, 51, 1] to 8 classes.

    Four convolutions with a stride of 2, a mean over time and frequency, and a dense layer, all
    int8 within. It takes and gives float32, or int8 with ``quantised_io``.
    """
    random, model = np.random.default_rng(seed), Model()
    x = model.tensor("features", (1, 64, 51, 1))
    outer = x
    last = model.tensor("q", (1, 64, 51, 1), "int8", scale=0.05, zero_point=0)
    if quantised_io:
        outer = last
    else:
        model.op("QUANTIZE", [x], last)
    shape, scale = (64, 51, 1), 0.05
    for number, channels in enumerate((16, 24, 32, 60)):
        last, shape, scale = _conv(model, random, last, shape, scale, channels, number)
    axes = model.constant("axes", np.asarray([1, 2], np.int32))
    mean = model.tensor("mean", (1, shape[2]), "int8", scale=scale, zero_point=-128)
    model.op("MEAN", [last, axes], mean, keepDims=False)
    y = _head(model, random, mean, shape[2], scale)
    if not quantised_io:
        real = model.tensor("classes", (1, 8))
        y = model.op("DEQUANTIZE", [y], real)
    return model.write(path, [outer], [y])


def _conv(
    model: Model,
    random: np.random.Generator,
    last: int,
    shape: tuple[int, int, int],
    scale: float,
    channels: int,
    number: int,
) -> tuple[int, tuple[int, int, int], float]:
    """Add a 3 x 3 convolution with a stride of 2 and a ReLU."""
    height, width, depth = shape
    weights = random.integers(-127, 128, (channels, 3, 3, depth)).astype(np.int8)
    steps = np.full(channels, 1 / (127 * np.sqrt(9 * depth)), np.float32)
    w = model.constant(f"w{number}", weights, scale=steps)
    b = model.constant(
        f"b{number}", random.integers(-50, 50, channels).astype(np.int32), scale=steps * scale
    )
    following = (-(-height // 2), -(-width // 2), channels)
    y = model.tensor(f"conv{number}", (1, *following), "int8", scale=0.02, zero_point=-128)
    options = {"padding": 0, "strideW": 2, "strideH": 2, "fusedActivationFunction": 1}
    model.op("CONV_2D", [last, w, b], y, **options)
    return y, following, 0.02


def _head(model: Model, random: np.random.Generator, last: int, depth: int, scale: float) -> int:
    weights = random.integers(-127, 128, (8, depth)).astype(np.int8)
    w = model.constant("w", weights, scale=0.02, zero_point=0)
    b = model.constant("b", np.zeros(8, np.int32), scale=0.02 * scale)
    logits = model.tensor("logits", (1, 8), "int8", scale=0.1, zero_point=0)
    model.op("FULLY_CONNECTED", [last, w, b], logits)
    y = model.tensor("scores", (1, 8), "int8", scale=1 / 256, zero_point=-128)
    return model.op("SOFTMAX", [logits], y, beta=1.0)
