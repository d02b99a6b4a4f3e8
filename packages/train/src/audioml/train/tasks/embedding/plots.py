"""A map of the vectors: which sounds lie beside which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audioml.train.data import Prepared

__all__ = ["draw_plane", "names_of", "plane"]

_NAMED = 20  # colours that can be told apart


def plane(vectors: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Return vectors in the plane in which they differ most, and the share of variance in it.

    The plane is that of the first two principal components, by singular values; a vector is
    float64, shape (2,).
    """
    table = np.asarray(vectors, np.float64)
    table = table - table.mean(0)
    left, sizes, _ = np.linalg.svd(table, full_matrices=False)
    placed = np.zeros((len(table), 2))
    placed[:, : len(sizes[:2])] = left[:, :2] * sizes[:2]
    whole = float(np.square(sizes).sum())
    return placed, float(np.square(sizes[:2]).sum()) / whole if whole else 0.0


def names_of(prepared: Prepared, rows: Sequence[int]) -> list[str]:
    """Return what windows are coloured by: the class of their recording, or the recording."""
    classes, names = prepared.corpus.column("classes"), prepared.names
    return [", ".join(classes[row]) if classes[row] else names[row] for row in rows]


def draw_plane(vectors: ArrayLike, names: Sequence[str]) -> Callable[[Any], None]:
    """Return what draws vectors as points, those of one name in one colour."""

    def draw(axes: Any) -> None:
        placed, share = plane(vectors)
        different = sorted(set(names))
        axes.figure.set_size_inches(8.0, 6.0)
        for at, name in enumerate(different):
            chosen = np.array([each == name for each in names])
            axes.scatter(*placed[chosen].T, s=12, color=_colour(at, len(different)), label=name)
        axes.set_xlabel(f"first two components: {share:.0%} of the variance")
        axes.set_aspect("equal", adjustable="datalim")
        if len(different) <= _NAMED:
            axes.legend(fontsize="x-small", loc="center left", bbox_to_anchor=(1.0, 0.5))

    return draw


def _colour(at: int, count: int) -> Any:
    import matplotlib as mpl

    if count <= _NAMED:
        return mpl.colormaps["tab20"](at % _NAMED)
    return mpl.colormaps["hsv"](at / count)
