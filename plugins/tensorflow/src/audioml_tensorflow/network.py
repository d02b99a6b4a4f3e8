"""A model as the session sees it: what it takes, what it gives, and a function between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audioml.core.errors import ValidationError
from audioml.core.stages import TensorSpec

__all__ = ["Network", "Tensor", "tensor"]

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or an output; ``shape`` has the batch first and None for any length.

    A shape of None is not known.
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
    """``call`` takes and returns tensors by name."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    call: Callable[[Mapping[str, Any]], Mapping[str, Any]]


def tensor(name: str, described: Any) -> Tensor:
    """Return an input or output from what TensorFlow or Keras tells of it.

    Raises
    ------
    ValidationError
        If it holds no numbers.
    """
    dtype = str(getattr(described.dtype, "name", described.dtype))
    if dtype in {"string", "resource", "variant"}:
        raise ValidationError(f"{name!r} must be a tensor of numbers, got {dtype}")
    shape = described.shape
    known = getattr(shape, "rank", 0) is not None
    return Tensor(name, dtype, tuple(shape) if known else None)
