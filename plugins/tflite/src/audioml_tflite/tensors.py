"""What a model takes and gives: names, shapes of a row, types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audioml.core.errors import ValidationError
from audioml.core.stages import TensorSpec

__all__ = ["Shape", "Tensor", "described"]

Shape = tuple[int | None, ...]
_QUANTISED = {"int8", "uint8", "int16"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model.

    ``shape`` is the model's own, with None for any length, and ``row`` is what of it belongs to
    one row: without the first axis where that is the batch (``batched``). ``scale`` is None
    unless the tensor is quantised.
    """

    name: str
    index: int
    dtype: np.dtype[Any]
    shape: Shape
    batched: bool
    scale: float | None = None
    zero_point: int = 0

    @property
    def row(self) -> Shape:
        """Return the shape of a row."""
        return self.shape[1:] if self.batched else self.shape

    @property
    def spec(self) -> TensorSpec:
        """Return what callers see; they see float32 of a quantised tensor."""
        dtype = self.dtype.name if self.scale is None else "float32"
        return TensorSpec((None, *self.row), dtype)


def described(interpreter: Any) -> tuple[list[Tensor], list[Tensor], int]:
    """Return the inputs and outputs of an interpreter's model, and the batch it insists on.

    An input's first axis is the batch if it has another axis, and its length is 1, any, or the
    same in all inputs and outputs. An output's is if it is 1; any, where an input has a batch;
    or that of the inputs. All else belongs to a row, as of a model that takes a bare waveform.
    """
    ins, outs = interpreter.get_input_details(), interpreter.get_output_details()
    if not ins:
        raise ValidationError("a model without inputs has no rows: wanted at least one input")
    signature = _signature(interpreter)
    fixed = _batch([_shape(d) for d in ins], [_shape(d) for d in outs])
    leads = {1, None, fixed}
    taken = [len(s := _shape(d)) > 1 and s[0] in leads for d in ins]
    if not any(taken):
        leads = {1}
    given = [_shape(d)[:1] in {(lead,) for lead in leads} for d in outs]
    return (
        _tensors(ins, taken, _names(ins, signature and signature[0], "input")),
        _tensors(outs, given, _names(outs, signature and signature[1], "output")),
        fixed,
    )


def _batch(ins: Sequence[Shape], outs: Sequence[Shape]) -> int:
    """Return the length of the batch that a model insists on, which is mostly 1."""
    leads = {s[0] if s[1:] else 1 for s in ins} | {s[0] if s else 1 for s in outs}
    lead = leads.pop()
    return 1 if leads or lead is None else lead


def _shape(details: Mapping[str, Any]) -> Shape:
    return tuple(None if n < 0 else n for n in details["shape_signature"].tolist())


def _tensors(
    details: Sequence[Mapping[str, Any]], batched: Sequence[bool], names: Sequence[str]
) -> list[Tensor]:
    return [_tensor(d, b, n) for d, b, n in zip(details, batched, names, strict=True)]


def _tensor(details: Mapping[str, Any], batched: bool, name: str) -> Tensor:
    dtype = np.dtype(details["dtype"])
    if dtype.kind not in "biufc":
        raise ValidationError(f"{name!r} must be a tensor of numbers, got one of strings")
    scales = details["quantization_parameters"]["scales"]
    scale, zero = None, 0
    if scales.size and dtype.name in _QUANTISED:
        if scales.size > 1:
            raise ValidationError(f"{name!r} must have one scale, got {scales.size}: one a channel")
        zeros = details["quantization_parameters"]["zero_points"]
        scale, zero = float(scales[0]), int(zeros[0]) if zeros.size else 0
    return Tensor(name, int(details["index"]), dtype, _shape(details), batched, scale, zero)


def _signature(interpreter: Any) -> tuple[Mapping[int, str], Mapping[int, str]] | None:
    """Return the names that a model's only signature gives to tensors."""
    if len(interpreter.get_signature_list()) != 1:
        return None
    runner = interpreter.get_signature_runner()
    ins, outs = runner.get_input_details(), runner.get_output_details()
    return (
        {int(d["index"]): name for name, d in ins.items()},
        {int(d["index"]): name for name, d in outs.items()},
    )


def _names(
    details: Sequence[Mapping[str, Any]], signature: Mapping[int, str] | None, kind: str
) -> list[str]:
    """Return a name for each tensor, all different: see the README."""
    named = signature or {}
    if set(named) != {int(d["index"]) for d in details}:
        named = {int(d["index"]): d["name"].removesuffix(":0") for d in details}
    names: list[str] = []
    for number, each in enumerate(details):
        name = named[int(each["index"])] or f"{kind}_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names
