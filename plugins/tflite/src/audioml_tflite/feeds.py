"""Makes of what a caller gives what a model's inputs take, or says what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.values import Tensors

from .quantise import quantised
from .tensors import Tensor

__all__ = ["fitted", "matched", "stored"]


def matched(feeds: Tensors, inputs: Sequence[Tensor]) -> list[NDArray[Any]]:
    """Return the arrays in the order of the inputs.

    A model's only input takes the only feed, whatever the name.

    Raises
    ------
    ValidationError
        If names are missing or unknown, or the arrays have different numbers of rows.
    """
    if len(inputs) == 1 and len(feeds) == 1:
        arrays = [np.asarray(feed) for feed in feeds.values()]
    else:
        names = [tensor.name for tensor in inputs]
        if set(feeds) != set(names):
            raise ValidationError(
                f"the model must be fed {', '.join(map(repr, names))}, "
                f"got {', '.join(map(repr, feeds)) or 'nothing'}"
            )
        arrays = [np.asarray(feeds[name]) for name in names]
    counts = {array.shape[:1] for array in arrays}
    if len(counts) > 1 or () in counts:
        shapes = {t.name: a.shape for t, a in zip(inputs, arrays, strict=True)}
        raise ValidationError(f"feeds must have the same number of rows on axis 0, got {shapes}")
    return arrays


def fitted(tensor: Tensor, row: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that an input has for a row of this shape.

    Where an input's shape is fixed, a row of as many elements is reshaped; where it is not, axes
    of length 1 may be missing or too many.

    Raises
    ------
    ValidationError
        If the row does not fit, or is empty.
    """
    wanted = tensor.row
    unknown = wanted.count(None)
    fixed = math.prod(n for n in wanted if n is not None)
    elements = math.prod(row)
    found: list[int] | None = None
    if not unknown and elements == fixed:
        found = [n for n in wanted if n is not None]
    elif len(row) == len(wanted) and all(w in {None, n} for w, n in zip(wanted, row, strict=True)):
        found = list(row)
    elif unknown == 1 and fixed and elements % fixed == 0:
        found = [elements // fixed if n is None else n for n in wanted]
        found = found if _long(found) == _long(row) else None
    if found is None or not elements:
        raise ValidationError(
            f"a row of {tensor.name!r} must have shape {_shown(wanted)}, got {_shown(row)}"
        )
    return (*(n or 1 for n in tensor.shape[:1] if tensor.batched), *found)


def _long(shape: Sequence[int]) -> list[int]:
    return [n for n in shape if n != 1]


def _shown(shape: Sequence[int | None]) -> str:
    items = ", ".join("any" if n is None else str(n) for n in shape)
    return f"({items},)" if len(shape) == 1 else f"({items})"


def stored(tensor: Tensor, values: NDArray[Any]) -> NDArray[Any]:
    """Return values in the type of an input.

    Raises
    ------
    ValidationError
        If they cannot be held by it without loss; rounding of floats is none.
    """
    if values.dtype == tensor.dtype:
        return values
    if values.dtype.kind not in "biuf":
        raise ValidationError(f"{tensor.name!r} must be fed numbers, got {values.dtype}")
    if tensor.scale is not None:
        return _quantised(tensor, values, tensor.scale)
    with np.errstate(all="ignore"):
        cast = values.astype(tensor.dtype)
        same = (
            np.isfinite(cast) == np.isfinite(values) if cast.dtype.kind in "fc" else cast == values
        )
    if not same.all():
        raise ValidationError(
            f"{tensor.name!r} must be fed {tensor.dtype}, got {values.dtype} "
            f"with values that it cannot hold, such as {values[~same].flat[0]}"
        )
    return cast


def _quantised(tensor: Tensor, values: NDArray[Any], scale: float) -> NDArray[Any]:
    if values.dtype.kind != "f":
        raise ValidationError(
            f"{tensor.name!r} must be fed floating point, or {tensor.dtype} that is quantised "
            f"already, got {values.dtype}"
        )
    if np.isnan(values).any():
        raise ValidationError(f"{tensor.name!r} is quantised and cannot hold NaN")
    return quantised(values, scale=scale, zero_point=tensor.zero_point, dtype=tensor.dtype)
