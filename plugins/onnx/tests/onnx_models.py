"""Small models, written with the `onnx` package in a format that old runtimes read."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx, which writes these tests' models, is absent")
TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def weights(**arrays):
    return [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]


def model(nodes, inputs, outputs, *, constants=(), opset=13, ir=8, domains=()):
    """Return a model; inputs and outputs are ``(name, shape)`` or ``(name, shape, type)``."""
    described = [
        [helper.make_tensor_value_info(n, *(rest or [FLOAT]), s) for n, s, *rest in each]
        for each in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "g", *described, list(constants))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir)


def write(path, *arguments, **options):
    onnx.save(model(*arguments, **options), path)
    return path


def relu(path, shape=("n", 3), **options):
    return write(path, [node("Relu", ["x"], ["y"])], [("x", shape)], [("y", shape)], **options)


def dense(path, kernel, bias, *, batch="n"):
    """Write ``y = x @ kernel + bias``."""
    inner, outer = kernel.shape
    return write(
        path,
        [node("Gemm", ["x", "kernel", "bias"], ["y"])],
        [("x", (batch, inner))],
        [("y", (batch, outer))],
        constants=weights(kernel=kernel, bias=bias),
    )


def sum_and_product(path, *, shape=("n", 2, 3)):
    return write(
        path,
        [node("Add", ["a", "b"], ["sum"]), node("Mul", ["a", "b"], ["product"])],
        [("a", shape), ("b", shape)],
        [("sum", shape), ("product", shape)],
    )


def quantised(path, kernel):
    """Write ``y = x @ kernel`` with int8 weights and activations (QDQ).

    Weights take 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, where
    larger ones would be cut off.
    """
    step = np.float32(np.abs(kernel).max() / 63)
    stored = np.round(kernel / step).astype(np.int8)
    constants = weights(
        kernel=stored, step=step, zero=np.int8(0), x_step=np.float32(1 / 32), x_zero=np.int8(0)
    )
    nodes = [
        node("QuantizeLinear", ["x", "x_step", "x_zero"], ["xq"]),
        node("DequantizeLinear", ["xq", "x_step", "x_zero"], ["xd"]),
        node("DequantizeLinear", ["kernel", "step", "zero"], ["kd"]),
        node("MatMul", ["xd", "kd"], ["y"]),
    ]
    shapes = [("x", ("n", len(kernel)))], [("y", ("n", kernel.shape[1]))]
    return write(path, nodes, *shapes, constants=constants)


def external(path, kernel, bias, *, location="weights.bin"):
    """Write `dense` with its kernel in another file."""
    dense(path, kernel, bias)
    (path.parent / "weights.bin").write_bytes(kernel.tobytes())
    made = onnx.load(path)
    stored = made.graph.initializer[0]
    stored.ClearField("raw_data")
    stored.data_location = TensorProto.EXTERNAL
    stored.external_data.add(key="location", value=location)
    stored.external_data.add(key="length", value=str(kernel.nbytes))
    path.write_bytes(made.SerializeToString())
    return path
