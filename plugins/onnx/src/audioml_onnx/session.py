"""Runs an ONNX model, as many rows at once as it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.files import shown
from audioml.core.stages import Session
from audioml.core.values import Tensors

from .feeds import fitted
from .reasons import reason
from .tensors import Tensor, described

__all__ = ["OnnxSession"]

# Rows beyond these are not faster together (VGGish: 14.9 ms of CPU a row in 29, 14.5 in 64; a net
# of two layers: 0.35 ms in 8, 0.39 in 64), and memory grows with every row.
_ROWS = 32
_NUMBERS = 1 << 17
# Memory of a run that takes more numbers than these is given back: see OnnxSession.
_HUGE = 1 << 20


class OnnxSession(Session):
    """One model in onnxruntime; threads may share it.

    Memory stays bounded. Many rows are run in turns of 32, or more where they are small. What a
    turn needed is kept for the next, as fetching it anew costs up to three times the run itself
    where layers are small (25 and 70 ms); only what a turn of over a million numbers needed, such
    as a long recording that is one row, goes back to the system when it ends.

    Parameters
    ----------
    inference
        The ``onnxruntime.InferenceSession``.
    runtime
        The module ``onnxruntime`` that it is of.
    path
        Of the model, for messages.
    device
        What it runs on.
    """

    concurrent = True

    def __init__(self, inference: Any, *, runtime: Any, path: Path, device: str) -> None:
        try:
            self._layout = described(inference.get_inputs(), inference.get_outputs())
        except ValidationError as error:
            raise ValidationError(f"{shown(path)} cannot be run: {error}") from error
        self.inputs = {tensor.name: tensor.spec for tensor in self._layout.inputs}
        self.outputs = {tensor.name: tensor.spec for tensor in self._layout.outputs}
        self.runtime = f"onnxruntime {runtime.__version__}"
        self.device = device
        self._inference = inference
        self._path = path
        self._options = {huge: _run_options(runtime, huge=huge) for huge in (False, True)}

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the outputs for the inputs, by name; axis 0 of each is the row.

        Raises
        ------
        ValidationError
            If names, shapes or values do not fit, or the model cannot run them.
        """
        outputs = self._layout.outputs
        arrays = fitted(feeds, self._layout.inputs)
        rows = len(arrays[0])
        if not rows:
            return {tensor.name: _empty(tensor) for tensor in outputs}
        turn = self._turn(arrays)
        parts = [
            self._rows([array[start : start + turn] for array in arrays])
            for start in range(0, rows, turn)
        ]
        found = zip(*parts, strict=True)
        return {t.name: self._joined(t, each) for t, each in zip(outputs, found, strict=True)}

    def _turn(self, arrays: Sequence[NDArray[Any]]) -> int:
        """Return how many rows to run at once."""
        if self._layout.batch is not None:
            return self._layout.batch
        return max(_ROWS, _NUMBERS // max(math.prod(array.shape[1:]) for array in arrays))

    def _rows(self, arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the outputs of some rows, of shapes (rows, *row)."""
        rows = len(arrays[0])
        if lacking := (self._layout.batch or rows) - rows:
            arrays = [
                np.concatenate([a, np.zeros((lacking, *a.shape[1:]), a.dtype)]) for a in arrays
            ]
        inputs = self._layout.inputs
        given = self._invoked(
            {
                tensor.name: np.ascontiguousarray(a if tensor.batched else a[0])
                for tensor, a in zip(inputs, arrays, strict=True)
            }
        )
        return [
            self._cut(tensor, value, rows=rows)
            for tensor, value in zip(self._layout.outputs, given, strict=True)
        ]

    def _invoked(self, feeds: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        huge = max(array.size for array in feeds.values()) > _HUGE
        try:
            given = self._inference.run(None, feeds, self._options[huge])
        except Exception as error:  # onnxruntime's own derive from nothing else
            shapes = ", ".join(str(array.shape) for array in feeds.values())
            raise ValidationError(
                f"{shown(self._path)} cannot be run on inputs of shape {shapes}: "
                f"{self.runtime}: {reason(error)}"
            ) from error
        return [np.asarray(value) for value in given]

    def _cut(self, tensor: Tensor, value: NDArray[Any], *, rows: int) -> NDArray[Any]:
        """Return an output as callers see it: the row on axis 0, nothing of what was filled up."""
        batch = self._layout.batch or rows
        if tensor.batched and value.shape[:1] == (batch,):
            return value[:rows]
        if batch == 1:
            return value[np.newaxis]
        raise ValidationError(
            f"{shown(self._path)} must give as many rows as it takes, got {tensor.name!r} of shape "
            f"{value.shape} for {batch} rows"
        )

    def _joined(self, tensor: Tensor, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        if len(parts) == 1:
            return parts[0]
        try:
            return np.concatenate(parts)
        except ValueError as error:
            shapes = sorted({part.shape[1:] for part in parts})
            raise ValidationError(
                f"rows of one run must give outputs of one shape, got {tensor.name!r} of shapes "
                f"{', '.join(map(str, shapes))}; run them one by one"
            ) from error


def _empty(tensor: Tensor) -> NDArray[Any]:
    return np.empty((0, *(n or 0 for n in tensor.row)), tensor.dtype)


def _run_options(runtime: Any, *, huge: bool) -> Any:
    options = runtime.RunOptions()
    options.log_severity_level = 4  # what fails is raised, and need not be said twice
    if huge:
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
