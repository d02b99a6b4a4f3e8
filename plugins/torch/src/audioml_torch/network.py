"""A model as the session sees it: what it takes, what it gives, and a function between."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audioml.core.errors import IntegrityError
from audioml.core.stages import TensorSpec

__all__ = ["EXTRA", "Network", "Tensor", "told"]

EXTRA = "audioml.json"
"""The record in which whoever exported a model may tell names, shapes and types."""

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output; ``shape`` has the batch first and None for any length.

    A shape of None is not known, as of TorchScript that nobody described.
    """

    name: str
    dtype: str
    shape: Shape | None

    @property
    def spec(self) -> TensorSpec:
        """Return what callers see."""
        return TensorSpec((None, *(self.shape[1:] if self.shape else ())), self.dtype)


@dataclass(frozen=True, slots=True)
class Network:
    """``call`` takes tensors in the order of the inputs, and returns them as the outputs are."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    call: Callable[..., Any]


def told(text: str | bytes) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]] | None:
    """Return the inputs and outputs that the record `EXTRA` describes, or None without one.

    Raises
    ------
    IntegrityError
        If it is malformed.
    """
    if not text:
        return None
    try:
        data = json.loads(text)
        return _tensors(data["inputs"]), _tensors(data["outputs"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError(f"its record {EXTRA!r} is malformed: {error!r}") from error


def _tensors(entries: Sequence[Any]) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(str(e["name"]), str(e["dtype"]), tuple(n and int(n) for n in e["shape"]))
        for e in entries
    )
