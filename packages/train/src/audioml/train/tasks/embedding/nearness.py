"""Which recordings count as near: the same one, those of one class, those of one taste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown
from audioml.train.data import Prepared

__all__ = ["Nearness", "are_liked", "are_near", "kinds"]

_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Nearness:
    """What each recording has in common with others; -1 stands where there is no more.

    Parameters
    ----------
    keys
        int64, shape (rows, n): what the recording is, such as its class or its artist, as numbers.
        Recordings that share one are near; a recording is always near itself.
    classes
        int64, shape (rows, k): its classes, which are measured by where they are not learnt.
    liked
        int64, shape (rows, m): the recordings that are liked together with it.
    """

    keys: NDArray[np.int64]
    classes: NDArray[np.int64]
    liked: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        keys: Sequence[Sequence[str]],
        classes: Sequence[Sequence[str]] = (),
        liked: NDArray[np.int64] | None = None,
    ) -> Self:
        """Return the nearness of recordings, by the words for each; see `kinds`."""
        none = np.empty((len(keys), 0), np.int64)
        return cls(
            _numbered(keys),
            _numbered(classes) if classes else none,
            none if liked is None else liked,
        )

    def about(self, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Return what a batch of recordings is told by, for `are_near` and `are_liked`."""
        return {
            "keys": self.keys[rows],
            "classes": self.classes[rows],
            "liked": self.liked[rows],
        }


def kinds(prepared: Prepared, near: str) -> list[tuple[str, ...]]:
    """Return what makes recordings near each other, none where each is only near itself.

    Parameters
    ----------
    prepared
        The recordings.
    near
        ``recording``: nothing; ``class``: their classes; or a column of the corpus, such as
        ``artist`` or ``piece``; what a table said beside the label can be named as it is there.

    Raises
    ------
    UsageError
        If the corpus does not have it.
    """
    if near == "recording":
        return [() for _ in range(len(prepared))]
    columns = prepared.corpus.columns
    name = {"class": "classes"}.get(near, near if near in columns else f"fact_{near}")
    if name not in columns:
        known = sorted(n.removeprefix("fact_") for n in columns)
        raise UsageError(
            f"'task.near' must be recording, class or a column of the corpus in "
            f"{shown(prepared.path)}, got {near!r}; it has {', '.join(known)}"
        )
    found = [_words(cell) for cell in prepared.corpus.column(name)]
    if found and not any(found):
        raise ValidationError(
            f"the recordings in {shown(prepared.path)} have no {near}; task.near=recording learns "
            "without"
        )
    return found


def _words(cell: Any) -> tuple[str, ...]:
    if cell is None or cell == "":
        return ()
    return tuple(map(str, cell)) if isinstance(cell, list) else (str(cell),)


def are_near(one: Mapping[str, Tensor], other: Mapping[str, Tensor], *, by: str = "keys") -> Tensor:
    """Return which recordings are the same, or share a key: bool, shape (one, other).

    Both are ``row``, int64 (n,), with what `Nearness.about` tells of them.
    """
    same = one["row"][:, None] == other["row"][None]
    return same | _shared(one[by], other[by])


def are_liked(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> Tensor:
    """Return which recordings are liked together, bool, shape (one, other); see `are_near`."""
    forth = _shared(one["liked"], other["row"][:, None])
    return forth | _shared(other["liked"], one["row"][:, None]).mT


def _shared(one: Tensor, other: Tensor) -> Tensor:
    """Return which rows of numbers share one that is not below 0, bool (one, other)."""
    found = torch.zeros(len(one), len(other), dtype=torch.bool, device=one.device)
    for column in one.unbind(1):
        for against in other.unbind(1):
            found |= (column[:, None] == against[None]) & (column[:, None] >= 0)
    return found


def _numbered(rows: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Return words as numbers, in as many columns as there are words in a row."""
    numbers = {word: at for at, word in enumerate(sorted({w for row in rows for w in row}))}
    table = np.full((len(rows), max(map(len, rows), default=0)), _NONE, np.int64)
    for at, row in enumerate(rows):
        table[at, : len(row)] = [numbers[word] for word in row]
    return table
