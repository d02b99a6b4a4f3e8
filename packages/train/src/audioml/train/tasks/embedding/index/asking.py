"""What is near to recordings: to one, or to several that someone likes."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import IntegrityError, NotFoundError, UsageError
from audioml.core.files import shown

from .embedding import Embed, loaded
from .store import Identity, Index

__all__ = ["Neighbour", "neighbours"]

_SEARCHED = 20_000  # items among which a name that was meant is looked for


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item of an index, and the cosine of its vector with what was asked for."""

    item: str
    similarity: float


def neighbours(
    index: Index, asked: Sequence[str], *, count: int = 10, model: str | None = None
) -> list[Neighbour]:
    """Return the items that are nearest to the mean of some recordings, the nearest first.

    Parameters
    ----------
    index
        Where is looked.
    asked
        Items of the index, or paths of recordings, which are embedded by the model of the index;
        what is asked for is not answered.
    count
        How many, at most.
    model
        Reference of the model, where it is no more what the index knows it by.

    Raises
    ------
    NotFoundError
        If something is neither an item nor a file.
    IntegrityError
        If the model is not the one that made the index.
    """
    if count < 1 or not asked:
        raise UsageError(f"at least one recording and one neighbour are needed, got -k {count}")
    places = [_place(index, each) for each in asked]
    vectors = [
        _embedded(index, each, model) if at is None else np.asarray(index.vectors[at])
        for at, each in zip(places, asked, strict=True)
    ]
    without = tuple(at for at in places if at is not None)
    mean = np.stack(vectors).astype(np.float64).mean(axis=0)
    found = index.nearest(mean, count=count, without=without)
    return [Neighbour(index.items[at], cosine) for at, cosine in found]


def _place(index: Index, asked: str) -> int | None:
    """Return the place of an item, None for a file that is none."""
    at = index.names.whole(asked)
    if at is not None:
        return at
    if os.path.isfile(asked):
        inside, root = Path(asked).resolve(), Path(index.root)
        is_below = inside.is_relative_to(root)
        return index.names.whole(inside.relative_to(root).as_posix()) if is_below else None
    at = index.names.place(asked)
    if at is None:
        raise NotFoundError(
            f"{asked!r} is neither one recording of the index nor a file that is there"
            f"{_meant(index, asked)}"
        )
    return at


def _meant(index: Index, asked: str) -> str:
    if len(index.items) > _SEARCHED:
        return ""
    close = difflib.get_close_matches(asked, index.items, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is, for one, {index.items[0]!r}"


def _embedded(index: Index, path: str, reference: str | None) -> NDArray[Any]:
    named = reference or index.reference
    try:
        model = loaded(named)
    except NotFoundError as error:
        raise NotFoundError(
            f"the model of the index, {index.model}, is no more at {shown(named)} ({error}); "
            "name it with --model"
        ) from error
    identity = Identity.of(model.spec)
    if identity != index.model:
        raise IntegrityError(
            f"the index was made by {index.model}, but {shown(named)} is {identity}: their vectors "
            "cannot be compared; name the right one with --model, or make the index anew"
        )
    return Embed(named)(Path(path))
