"""Plots of answers against truths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

__all__ = ["draw_scatter"]


def draw_scatter(wanted: Tensor, answers: Tensor, name: str) -> Callable[[Any], None]:
    """Return what draws a point for each window, and the line on which all should be.

    Parameters
    ----------
    wanted, answers
        float32, shape (windows,)
    name
        Of the number.
    """

    def draw(axes: Any) -> None:
        axes.figure.set_size_inches(5.0, 5.0)
        low = float(min(wanted.min(), answers.min()))
        high = float(max(wanted.max(), answers.max()))
        axes.plot([low, high], [low, high], color="grey", linewidth=1, label="ideal")
        axes.scatter(wanted.numpy(), answers.numpy(), s=8, alpha=0.5)
        axes.set_xlabel(f"{name}, true")
        axes.set_ylabel(f"{name}, answered")
        axes.set_aspect("equal", adjustable="datalim")
        axes.legend()

    return draw
