"""Makes of what a caller gives what a network's inputs take, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ValidationError
from .values import Tensors

__all__ = ["Input", "fitted"]


class Input(Protocol):
    """What a network takes: ``shape`` begins with the row, and None stands for any length."""

    @property
    def name(self) -> str:
        """By which it is fed."""
        ...

    @property
    def shape(self) -> tuple[int | None, ...] | None:
        """None where any shape will do."""
        ...

    @property
    def dtype(self) -> str:
        """As numpy calls it, or ``bfloat16``."""
        ...


def fitted(feeds: Tensors, inputs: Sequence[Input]) -> list[NDArray[Any]]:
    """Return the arrays in the order of the inputs, in their types; axis 0 is the row.

    A network's only input takes the only feed, whatever the name. In a row, axes of length 1 may
    be missing or too many.

    Raises
    ------
    ValidationError
        If names are missing or unknown, the arrays differ in rows, or shapes or values do not fit.
    """
    names = [tensor.name for tensor in inputs]
    if len(names) == len(feeds) == 1:
        given = list(feeds.values())
    elif set(feeds) == set(names):
        given = [feeds[name] for name in names]
    else:
        raise ValidationError(
            f"the model must be fed {', '.join(map(repr, names))}, "
            f"got {', '.join(map(repr, feeds)) or 'nothing'}"
        )
    arrays = [np.asarray(array) for array in given]
    if len({array.shape[:1] for array in arrays}) > 1 or not arrays[0].shape:
        shapes = {n: a.shape for n, a in zip(names, arrays, strict=True)}
        raise ValidationError(f"feeds must have the same number of rows on axis 0, got {shapes}")
    return [_cast(t, _shaped(t, a)) for t, a in zip(inputs, arrays, strict=True)]


def _shaped(tensor: Input, values: NDArray[Any]) -> NDArray[Any]:
    if tensor.shape is None or not len(values):
        return values
    wanted, row = tensor.shape[1:], values.shape[1:]
    if len(row) == len(wanted) and all(w in (None, n) for w, n in zip(wanted, row, strict=True)):
        return values
    rest = iter([n for n in row if n != 1])
    filled = tuple(1 if w == 1 else next(rest, -1) for w in wanted)
    fits = all(w in (None, n) for w, n in zip(wanted, filled, strict=True))
    if next(rest, None) is not None or -1 in filled or 0 in row or not fits:
        shown = ", ".join("any" if n is None else str(n) for n in wanted)
        raise ValidationError(
            f"a row of {tensor.name!r} must have shape ({shown}), got {tuple(row)}"
        )
    return values.reshape(len(values), *filled)


def _cast(tensor: Input, values: NDArray[Any]) -> NDArray[Any]:
    """Return values in the type of an input; rounding of floats is no loss."""
    if values.dtype.kind not in "biuf":
        raise ValidationError(f"{tensor.name!r} must be fed numbers, got {values.dtype}")
    # numpy has no bfloat16: the runtime makes it of float32
    dtype = np.dtype("float32" if tensor.dtype == "bfloat16" else tensor.dtype)
    if values.dtype == dtype:
        return np.ascontiguousarray(values)
    with np.errstate(all="ignore"):
        cast = values.astype(dtype)
        kept = np.isfinite(cast) == np.isfinite(values) if dtype.kind == "f" else cast == values
    if not kept.all():
        raise ValidationError(
            f"{tensor.name!r} must be fed {tensor.dtype}, got {values.dtype} with values that it "
            f"cannot hold, such as {values[~kept].flat[0]}"
        )
    return cast
