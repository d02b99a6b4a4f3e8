"""One file of numpy arrays for each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import UsageError
from audioml.core.values import Frames

from ..results import Result
from .zipped import write_npz

__all__ = ["Npz", "arrays"]


class Npz:
    """Writes ``embedding`` and what belongs to it, as `arrays` has it.

    Parameters
    ----------
    to
        Nothing: the files go to the folder for results.
    folder
        Not used.

    Raises
    ------
    UsageError
        If ``to`` is something.
    """

    suffix = ".npz"

    def __init__(self, to: str | None = None, *, folder: Path) -> None:
        if to:
            raise UsageError(f"npz files go to the folder for results; use --output, not npz:{to}")

    def write(self, result: Result, path: Path, /) -> None:
        """Write the file; the same result gives the same bytes. Nothing is synced.

        Raises
        ------
        OSError
            If it cannot be written; a part of it may then be there.
        """
        write_npz(path, arrays(result))


def arrays(result: Result) -> dict[str, NDArray[Any]]:
    """Return the arrays of a result by name.

    ``embedding`` is the first head, whatever its name, float32 of shape (N, 1, C) for N windows;
    the other heads have their own names and the same form, with an underscore behind a name that
    is taken. ``times`` are the beginnings of the windows in seconds, float64 of shape (N,).
    ``labels`` are those of the last head that has some.
    """
    heads, scores = result.heads, result.scores
    first = next(iter(heads.values()), None)
    found: dict[str, NDArray[Any]] = {
        "embedding": np.zeros((0, 1, 0), np.float32) if first is None else _window_rows(first),
        "times": result.starts,
        "hop": np.array(first.hop if first is not None else 0.0),
        "labels": np.array(scores.labels if scores is not None else (), dtype=np.str_),
        "model": np.array([result.spec.name, result.spec.version]),
        "model_sha256": np.array(result.spec.weights),
        "status": np.array(result.status),
        "flags": np.array(result.flags, dtype=np.str_),
        "rate": np.array(result.rate),
        "duration": np.array(result.duration),
        "name": np.array(result.name),
    }
    return found | dict(_others(heads, found))


def _others(
    heads: Mapping[str, Frames], taken: Mapping[str, Any]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    names = set(taken)
    for name, head in list(heads.items())[1:]:
        free = name
        while free in names:
            free += "_"
        names.add(free)
        yield free, _window_rows(head)


def _window_rows(head: Frames) -> NDArray[np.float32]:
    """Return float32 of shape (N, 1, ...): one row for each window, as the original has them."""
    values = head.values.astype(np.float32, copy=False)
    return values.reshape(len(values), 1, *(values.shape[1:] or (1,)))
