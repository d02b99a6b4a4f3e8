"""Runs a TFLite model, row by row."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.files import shown
from audioml.core.stages import Session
from audioml.core.values import Tensors

from .feeds import fitted, matched, stored
from .quantise import dequantised
from .tensors import Tensor, described

__all__ = ["TFLiteSession"]

_BLOCK = 1 << 16  # numbers converted at once: they stay in the cache, and memory stays flat


class TFLiteSession(Session):
    """One model in one interpreter.

    Rows are run one at a time, which is as fast as together (LiteRT 2.3 on x86: 0.045 and 0.032
    ms for a small net, 1.32 and 1.23 ms for a large one). Where the model insists on a batch,
    rows are run in batches, the last filled up with zeros.

    Parameters
    ----------
    interpreter
        With its tensors allocated; nobody else may use it.
    again
        Returns another one like it, for after a failure.
    path
        Of the model, for messages.
    runtime
        What runs it, such as ``litert 2.3.0``.
    """

    concurrent = False  # an interpreter has one set of tensors; threads that share it take turns

    def __init__(
        self, interpreter: Any, *, again: Callable[[], Any], path: Path, runtime: str
    ) -> None:
        try:
            self._ins, self._outs, self._batch = described(interpreter)
        except ValueError as error:  # of ours, and of names that are no text
            raise ValidationError(f"{shown(path)} cannot be run: {error}") from error
        self.inputs = {tensor.name: tensor.spec for tensor in self._ins}
        self.outputs = {tensor.name: tensor.spec for tensor in self._outs}
        self.runtime = runtime
        self._path = path
        self._again = again
        self._lock = threading.Lock()
        self._indices = [t.index for t in self._ins], [t.index for t in self._outs]
        self._use(interpreter)

    def _use(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._calls = (interpreter.set_tensor, interpreter.invoke, interpreter.get_tensor)
        self._shapes = [tuple(d["shape"].tolist()) for d in interpreter.get_input_details()]
        self._rows: list[tuple[int, ...]] = []  # shapes that the tensors are known to fit
        self._size = 1
        self._failed = False

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the outputs for the inputs, by name; axis 0 of each is the row.

        Raises
        ------
        ValidationError
            If names, shapes or values do not fit, or the model cannot run them.
        """
        arrays = matched(feeds, self._ins)
        if not len(arrays[0]):
            return {tensor.name: _empty(tensor) for tensor in self._outs}
        with self._lock:
            self._prepare([array.shape[1:] for array in arrays])
            found = self._collect(arrays)
        return {
            tensor.name: _finished(tensor, array, len(arrays[0]), batch=self._batch)
            for tensor, array in zip(self._outs, found, strict=True)
        }

    def _prepare(self, rows: list[tuple[int, ...]]) -> None:
        """Make the inputs as long as rows of these shapes need them."""
        if rows == self._rows:
            return
        shapes = [fitted(tensor, row) for tensor, row in zip(self._ins, rows, strict=True)]
        if self._failed:  # tflite-runtime 2.14 would end the process now
            self._use(self._again())
        if shapes != self._shapes:
            self._resize(shapes)
        self._rows = rows
        self._size = self._batch * max(_BLOCK // max(map(math.prod, shapes)), 1)

    def _resize(self, shapes: list[tuple[int, ...]]) -> None:
        try:
            for tensor, shape in zip(self._ins, shapes, strict=True):
                self._interpreter.resize_tensor_input(tensor.index, shape, strict=True)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise self._failure(shapes, error) from error
        self._shapes = shapes

    def _collect(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the outputs as the model gives them, of shapes (runs, *shape)."""
        runs = -(-len(arrays[0]) // self._batch)
        found: list[NDArray[Any]] = []
        shapes: list[tuple[int, ...]] = []
        for done, given in enumerate(self._invoked(arrays)):
            if not done:
                shapes = [value.shape for value in given]
                found = [np.empty((runs, *value.shape), value.dtype) for value in given]
            for array, value, shape in zip(found, given, shapes, strict=True):
                if value.shape != shape:  # numpy would stretch it
                    raise ValidationError(
                        f"rows of one run must give outputs of one shape, got {shape} "
                        f"and {value.shape}; run them one by one"
                    )
                array[done] = value
        return found

    def _invoked(self, arrays: Sequence[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
        """Yield the outputs of every run of the model."""
        take, invoke, give = self._calls
        ins, outs = self._indices
        for block in self._blocks(arrays):
            for values in zip(*block, strict=True):
                try:
                    for index, value in zip(ins, values, strict=True):
                        take(index, value)
                    invoke()
                    given = [give(index) for index in outs]
                except (RuntimeError, ValueError) as error:
                    raise self._failure(self._shapes, error) from error
                yield given

    def _blocks(self, arrays: Sequence[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
        """Yield the inputs of some runs, of shapes (runs, *shape)."""
        size = self._size
        for start in range(0, len(arrays[0]), size):
            parts = [array[start : start + size] for array in arrays]
            yield [self._block(*each) for each in zip(self._ins, parts, self._shapes, strict=True)]

    def _block(self, tensor: Tensor, values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        values = stored(tensor, values)
        if lacking := -len(values) % self._batch:
            filling = np.zeros((lacking, *values.shape[1:]), values.dtype)
            values = np.concatenate([values, filling])
        return values.reshape(-1, *shape)

    def _failure(self, shapes: list[tuple[int, ...]], error: Exception) -> ValidationError:
        self._failed, self._rows = True, []
        reason = " ".join(str(error).split())
        return ValidationError(
            f"{shown(self._path)} cannot be run on inputs of shape "
            f"{', '.join(map(str, shapes))}: {self.runtime}: {reason}"
        )


def _empty(tensor: Tensor) -> NDArray[Any]:
    return np.empty((0, *(n or 0 for n in tensor.row)), tensor.spec.dtype)


def _finished(tensor: Tensor, found: NDArray[Any], rows: int, *, batch: int) -> NDArray[Any]:
    """Return an output as callers see it: the row on axis 0, no batch, real numbers."""
    if tensor.batched and found.shape[1] == batch:
        found = found.reshape(-1, *found.shape[2:])[:rows]
    if tensor.scale is None:
        return found
    return dequantised(found, scale=tensor.scale, zero_point=tensor.zero_point)
