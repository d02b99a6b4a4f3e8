"""Runs a network of torch, some rows at a time."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
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

__all__ = ["TorchSession"]

_ROWS = 32  # run together, or more where they are small
_NUMBERS = 1 << 17
_LONGEST = 300  # characters of what torch says
_threads = threading.Lock()  # torch has one number of threads for the whole process


class TorchSession(Session):
    """One network; threads may share it.

    Parameters
    ----------
    network
        On its device.
    path
        Of the file, for messages.
    device
        What it runs on.
    threads
        Of which one run makes use; None leaves torch as it is. A number makes threads that share
        any session with a number take turns.
    """

    concurrent = True

    def __init__(self, network: Network, *, path: Path, device: Any, threads: int | None) -> None:
        import torch

        self.inputs = {tensor.name: tensor.spec for tensor in network.inputs}
        self.outputs = {tensor.name: tensor.spec for tensor in network.outputs}
        self.runtime = f"torch {torch.__version__}"
        self.device = str(device)
        self._network, self._path, self._at = network, path, device
        self._count = threads

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
        turn, fixed = self._turn(arrays)
        parts = [
            self._rows([array[start : start + turn] for array in arrays], fixed)
            for start in range(0, rows, turn)
        ]
        return {t.name: self._joined(t, [part[i] for part in parts]) for i, t in enumerate(outputs)}

    def _turn(self, arrays: Sequence[NDArray[Any]]) -> tuple[int, bool]:
        """Return how many rows to run at once, and whether the network insists on that number."""
        leads = {tensor.shape[0] for tensor in self._network.inputs if tensor.shape}
        leads -= {None}
        if leads:
            return next(iter(leads)) or 1, True
        return max(_ROWS, _NUMBERS // max(math.prod(a.shape[1:]) or 1 for a in arrays)), False

    def _rows(self, arrays: list[NDArray[Any]], fixed: bool) -> list[NDArray[Any]]:
        rows = len(arrays[0])
        lacking = self._turn(arrays)[0] - rows if fixed else 0
        if lacking:
            arrays = [
                np.concatenate([a, np.zeros((lacking, *a.shape[1:]), a.dtype)]) for a in arrays
            ]
        given = self._called(arrays)
        if any(array.shape[:1] != (rows + lacking,) for array in given):
            raise ValidationError(
                f"{shown(self._path)} must give as many rows as it takes, got shapes "
                f"{', '.join(str(a.shape) for a in given)} for {rows + lacking} rows"
            )
        return [array[:rows] for array in given]

    def _called(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        import torch

        pairs = zip(self._network.inputs, arrays, strict=True)
        try:
            with torch.inference_mode(), _using(self._count):
                tensors = [
                    torch.tensor(a, dtype=getattr(torch, t.dtype), device=self._at)
                    for t, a in pairs
                ]
                given = self._ordered(self._network.call(*tensors))
                return [_numpy(value) for value in given]
        except (RuntimeError, TypeError, ValueError, AssertionError) as error:
            if isinstance(error, ValidationError):
                raise
            shapes = ", ".join(str(array.shape) for array in arrays)
            said = " ".join(str(error).split()) or type(error).__name__
            raise ValidationError(
                f"{shown(self._path)} cannot be run on inputs of shape {shapes}: {self.runtime}: "
                f"{said[:_LONGEST]}"
            ) from error

    def _ordered(self, given: Any) -> list[Any]:
        """Return what the network gave, in the order of the outputs."""
        names = [tensor.name for tensor in self._network.outputs]
        if isinstance(given, Mapping):
            values = [given[n] for n in names] if set(names) == set(given) else list(given.values())
        else:
            values = list(given) if isinstance(given, tuple | list) else [given]
        if len(values) != len(names):
            raise ValidationError(
                f"{shown(self._path)} must give {len(names)} outputs ({', '.join(names)}), "
                f"got {len(values)}"
            )
        return values

    def _joined(self, tensor: Tensor, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        if len(parts) == 1:
            return parts[0]
        if len(shapes := {part.shape[1:] for part in parts}) > 1:
            raise ValidationError(
                f"rows of one run must give outputs of one shape, got {tensor.name!r} of shapes "
                f"{', '.join(map(str, sorted(shapes)))}; run them one by one"
            )
        return np.concatenate(parts)


def _numpy(value: Any) -> NDArray[Any]:
    import torch

    value = value.detach()
    value = value.float() if value.dtype == torch.bfloat16 else value
    return np.asarray(value.cpu().numpy())


def _empty(tensor: Tensor) -> NDArray[Any]:
    dtype = "float32" if tensor.dtype == "bfloat16" else tensor.dtype
    return np.empty((0, *(n or 0 for n in (tensor.shape or (0,))[1:])), dtype)


@contextlib.contextmanager
def _using(count: int | None) -> Iterator[None]:
    """Give torch a number of threads for the time of a run."""
    import torch

    if count is None:
        yield
        return
    with _threads:
        before = torch.get_num_threads()
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)
