"""The order of the axes of a tensor, spelled with one letter for each."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ..errors import ValidationError

__all__ = ["arranged", "check_layout"]


def check_layout(layout: str, *, axes: str) -> None:
    """Refuse a layout that does not hold each of ``axes`` once, beside any number of ``1``.

    Raises
    ------
    ValidationError
        If it does not.
    """
    if not isinstance(layout, str) or sorted(layout.replace("1", "")) != sorted(axes):
        raise ValidationError(
            f"'layout' must hold each of {', '.join(axes)} once, and a 1 for each axis of length "
            f"one, such as '{axes}1'; got {layout!r}"
        )


def arranged(rows: NDArray[Any], layout: str, *, axes: str) -> NDArray[Any]:
    """Return a view of ``rows``, whose axes after the first are ``axes``, in a layout's order."""
    order = [1 + axes.index(letter) for letter in layout if letter != "1"]
    ones = tuple(slice(None) if letter != "1" else None for letter in layout)
    return rows.transpose(0, *order)[(slice(None), *ones)]
