"""Runs a network of TensorFlow, some rows at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.feeds import fitted
from audioml.core.files import shown
from audioml.core.stages import Session
from audioml.core.values import Tensors

from .network import Network, Tensor

__all__ = ["TensorflowSession"]

_ROWS = 32  # run together, or more where they are small
_NUMBERS = 1 << 17
_LONGEST = 300  # characters of what TensorFlow says


class TensorflowSession(Session):
    """One network; threads may share it.

    Parameters
    ----------
    network
        What runs.
    tensorflow
        The module.
    path
        Of the model, for messages.
    device
        What it runs on, as TensorFlow calls it.
    """

    concurrent = True

    def __init__(self, network: Network, *, tensorflow: Any, path: Path, device: str) -> None:
        self.inputs = {tensor.name: tensor.spec for tensor in network.inputs}
        self.outputs = {tensor.name: tensor.spec for tensor in network.outputs}
        self.runtime = f"tensorflow {tensorflow.__version__}"
        self.device = device
        self._network, self._tensorflow, self._path = network, tensorflow, path

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the outputs for the inputs, by name; axis 0 of each is the row.

        Raises
        ------
        ValidationError
            If names, shapes or values do not fit, or the network cannot run them.
        """
        arrays = fitted(feeds, self._network.inputs)
        rows, outputs = len(arrays[0]), self._network.outputs
        if not rows:
            return {tensor.name: _empty(tensor) for tensor in outputs}
        fixed = next((t.shape[0] for t in self._network.inputs if t.shape and t.shape[0]), None)
        turn = fixed or max(_ROWS, _NUMBERS // max(math.prod(a.shape[1:]) or 1 for a in arrays))
        parts = [
            self._rows([array[start : start + turn] for array in arrays], fixed)
            for start in range(0, rows, turn)
        ]
        return {t.name: self._joined(t, [part[i] for part in parts]) for i, t in enumerate(outputs)}

    def _rows(self, arrays: list[NDArray[Any]], fixed: int | None) -> list[NDArray[Any]]:
        rows = len(arrays[0])
        batch = fixed or rows
        if batch > rows:
            arrays = [
                np.concatenate([a, np.zeros((batch - rows, *a.shape[1:]), a.dtype)]) for a in arrays
            ]
        given = self._called(arrays)
        if any(array.shape[:1] != (batch,) for array in given):
            raise ValidationError(
                f"{shown(self._path)} must give as many rows as it takes, got shapes "
                f"{', '.join(str(a.shape) for a in given)} for {batch} rows"
            )
        return [array[:rows] for array in given]

    def _called(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        tf = self._tensorflow
        inputs = self._network.inputs
        try:
            with tf.device(self.device):
                given = self._network.call(
                    {
                        t.name: tf.cast(tf.constant(a), t.dtype)
                        for t, a in zip(inputs, arrays, strict=True)
                    }
                )
            return [self._numpy(given[t.name]) for t in self._network.outputs]
        except (tf.errors.OpError, TypeError, ValueError, KeyError) as error:
            shapes = ", ".join(str(array.shape) for array in arrays)
            said = " ".join(str(error).split()) or type(error).__name__
            raise ValidationError(
                f"{shown(self._path)} cannot be run on inputs of shape {shapes}: {self.runtime}: "
                f"{said[:_LONGEST]}"
            ) from error

    def _numpy(self, value: Any) -> NDArray[Any]:
        if value.dtype == self._tensorflow.bfloat16:
            value = self._tensorflow.cast(value, "float32")
        return np.asarray(value.numpy())

    def _joined(self, tensor: Tensor, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        if len(parts) == 1:
            return parts[0]
        if len(shapes := {part.shape[1:] for part in parts}) > 1:
            raise ValidationError(
                f"rows of one run must give outputs of one shape, got {tensor.name!r} of shapes "
                f"{', '.join(map(str, sorted(shapes)))}; run them one by one"
            )
        return np.concatenate(parts)


def _empty(tensor: Tensor) -> NDArray[Any]:
    dtype = "float32" if tensor.dtype == "bfloat16" else tensor.dtype
    return np.empty((0, *(n or 0 for n in (tensor.shape or (0,))[1:])), dtype)
