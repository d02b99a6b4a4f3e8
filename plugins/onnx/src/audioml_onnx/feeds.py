"""Makes of what a caller gives what a model's inputs take, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.values import Tensors

from .tensors import Shape, Tensor

__all__ = ["fitted"]


def fitted(feeds: Tensors, inputs: Sequence[Tensor]) -> list[NDArray[Any]]:
    """Return the arrays in the order of the inputs: of shape (rows, *row), in the input's type.

    A model's only input takes the only feed, whatever the name. In a row, axes of length 1 may be
    missing or too many.

    Raises
    ------
    ValidationError
        If names are missing or unknown, the arrays differ in rows, or shapes or values do not fit.
    """
    arrays = [np.asarray(array) for array in _matched(feeds, [t.name for t in inputs])]
    counts = {array.shape[:1] for array in arrays}
    if len(counts) > 1 or () in counts:
        shapes = {t.name: a.shape for t, a in zip(inputs, arrays, strict=True)}
        raise ValidationError(f"feeds must have the same number of rows on axis 0, got {shapes}")
    return [_stored(t, _shaped(t, array)) for t, array in zip(inputs, arrays, strict=True)]


def _matched(feeds: Tensors, names: Sequence[str]) -> list[Any]:
    if len(names) == len(feeds) == 1:
        return list(feeds.values())
    if set(feeds) != set(names):
        raise ValidationError(
            f"the model must be fed {', '.join(map(repr, names))}, "
            f"got {', '.join(map(repr, feeds)) or 'nothing'}"
        )
    return [feeds[name] for name in names]


def _shaped(tensor: Tensor, values: NDArray[Any]) -> NDArray[Any]:
    rows, row = len(values), values.shape[1:]
    if not rows:
        return values
    shape = _filled(tensor.row, row)
    if shape is None or 0 in row:
        raise ValidationError(
            f"a row of {tensor.name!r} must have shape {_shown(tensor.row)}, got {_shown(row)}"
        )
    return values.reshape(rows, *shape)


def _filled(wanted: Shape, row: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the lengths that an input's axes have for a row, or None if it does not fit."""
    if len(row) == len(wanted) and all(w in {None, n} for w, n in zip(wanted, row, strict=True)):
        return row
    long = [n for n in row if n != 1]
    axes = [n for n in wanted if n != 1]
    if len(long) != len(axes) or any(w not in {None, n} for w, n in zip(axes, long, strict=True)):
        return None
    rest = iter(long)
    return tuple(1 if n == 1 else next(rest) for n in wanted)


def _shown(shape: Sequence[int | None]) -> str:
    items = ", ".join("any" if n is None else str(n) for n in shape)
    return f"({items},)" if len(shape) == 1 else f"({items})"


def _stored(tensor: Tensor, values: NDArray[Any]) -> NDArray[Any]:
    """Return values in the type of an input; rounding of floats is no loss."""
    if values.dtype == tensor.dtype:
        return values
    if values.dtype.kind not in "biuf":
        raise ValidationError(f"{tensor.name!r} must be fed numbers, got {values.dtype}")
    with np.errstate(all="ignore"):
        cast = values.astype(tensor.dtype)
        floats = tensor.dtype.kind == "f"
        kept = np.isfinite(cast) == np.isfinite(values) if floats else cast == values
    if not kept.all():
        raise ValidationError(
            f"{tensor.name!r} must be fed {tensor.dtype}, got {values.dtype} with values that it "
            f"cannot hold, such as {values[~kept].flat[0]}"
        )
    return cast
