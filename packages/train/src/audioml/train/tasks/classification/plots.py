"""Plots of what was told from what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["draw_confusion", "draw_f1"]

_WRITTEN = 20  # classes up to which numbers stand in the cells


def draw_confusion(
    counted: Sequence[Sequence[int]], labels: Sequence[str]
) -> Callable[[Any], None]:
    """Return what draws a confusion matrix: shares of each true class, and the counts.

    Parameters
    ----------
    counted
        Counts, shape (true class, answered class).
    labels
        The classes.
    """

    def draw(axes: Any) -> None:
        shares = [[n / max(sum(row), 1) for n in row] for row in counted]
        size = max(4.0, 0.35 * len(labels) + 2.0)
        axes.figure.set_size_inches(size, size)
        axes.imshow(shares, vmin=0.0, vmax=1.0, cmap="Blues")
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_xlabel("answered")
        axes.set_ylabel("true")
        if len(labels) > _WRITTEN:
            return
        for true, row in enumerate(counted):
            for answered, number in enumerate(row):
                colour = "white" if shares[true][answered] > 0.5 else "black"
                axes.text(answered, true, number, ha="center", va="center", color=colour)

    return draw


def draw_f1(f1: Sequence[float], labels: Sequence[str]) -> Callable[[Any], None]:
    """Return what draws the F1 of each class as a bar."""

    def draw(axes: Any) -> None:
        axes.figure.set_size_inches(6.0, max(2.0, 0.3 * len(labels) + 1.0))
        axes.barh(range(len(labels)), f1)
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel("F1 at the class's own threshold")

    return draw
