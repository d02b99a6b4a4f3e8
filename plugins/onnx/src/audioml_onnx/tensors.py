"""What a model takes and gives: names, shapes of a row, types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audioml.core.errors import ValidationError
from audioml.core.stages import TensorSpec

__all__ = ["Layout", "Tensor", "described"]

Shape = tuple[int | None, ...]

_TYPES = {
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    "float16": "float16",
    **{n: n for n in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model.

    ``shape`` is the model's own, with None for any length, and ``row`` is what of it belongs to
    one row: without the first axis where that is the batch (``batched``).
    """

    name: str
    dtype: np.dtype[Any]
    shape: Shape
    batched: bool

    @property
    def row(self) -> Shape:
        """Return the shape of a row."""
        return self.shape[1:] if self.batched else self.shape

    @property
    def spec(self) -> TensorSpec:
        """Return what callers see."""
        return TensorSpec((None, *self.row), self.dtype.name)


@dataclass(frozen=True, slots=True)
class Layout:
    """A model's tensors, and how many rows it takes at once: ``batch`` is None for any."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    batch: int | None


def described(inputs: Sequence[Any], outputs: Sequence[Any]) -> Layout:
    """Return the layout of a model from what onnxruntime tells of its inputs and outputs.

    An input's first axis is the batch if it has another axis and its length is 1, any, or the
    same in all inputs and outputs; with one axis only if every other input has a batch of any
    length too. Where no input has a batch, as of a model that takes a bare waveform, the whole
    tensor is one row. An output's first axis is the batch by the same lengths.

    Raises
    ------
    ValidationError
        If a tensor holds no numbers, or there is nothing to feed or to read.
    """
    if not inputs or not outputs:
        raise ValidationError("wanted a model that has at least one input and one output")
    ins, outs = [_shape(i) for i in inputs], [_shape(o) for o in outputs]
    fixed = _fixed(ins, outs)
    leads = {1, None, fixed}
    taken = [len(shape) > 1 and shape[0] in leads for shape in ins]
    if any(taken):
        taken = [t or shape == (None,) for t, shape in zip(taken, ins, strict=True)]
    else:
        leads = {1}
    given = [bool(shape) and shape[0] in leads for shape in outs]
    any_length = all(taken) and all(given) and all(s[0] is None for s in ins + outs)
    return Layout(
        tuple(_tensor(*each) for each in zip(inputs, ins, taken, strict=True)),
        tuple(_tensor(*each) for each in zip(outputs, outs, given, strict=True)),
        None if any_length else fixed,
    )


def _fixed(ins: Sequence[Shape], outs: Sequence[Shape]) -> int:
    """Return the length of the batch that a model insists on, or 1."""
    leads = {shape[0] if len(shape) > 1 else 1 for shape in ins}
    leads |= {shape[0] if shape else 1 for shape in outs}
    lead = leads.pop()
    return 1 if leads or lead is None else lead


def _shape(node: Any) -> Shape:
    """Return a shape without the names of its open lengths."""
    return tuple(n if isinstance(n, int) and n >= 0 else None for n in node.shape)


def _tensor(node: Any, shape: Shape, batched: bool) -> Tensor:
    kind = node.type.removeprefix("tensor(").removesuffix(")")
    if kind not in _TYPES:
        raise ValidationError(f"{node.name!r} must be a tensor of numbers, got {node.type}")
    return Tensor(node.name, np.dtype(_TYPES[kind]), shape, batched)
