"""What people listen to: which recordings the same users like.

Two recordings are alike to listeners as far as those who like one like the other: the cosine of
their columns in the table of users and items (Sarwar et al. 2001, sec. 3.1.1).
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import NotFoundError, ValidationError
from audioml.core.files import shown

from .index.names import Names

__all__ = ["Interactions", "liked_together", "read_interactions"]

_log = logging.getLogger("audioml.train")
_USERS = ("user", "user_id", "listener", "userid")
_ITEMS = ("item", "item_id", "track", "track_id", "song", "recording", "file", "itemid")
_HEARD = 100  # items of a user at most: who likes all says nothing, and pairs grow as the square
_PAIRS = 1 << 23  # counted at a time: 64 MB

Interactions = list[tuple[str, str]]
"""User and name of a recording, each pair once."""


def read_interactions(path: Path, names: Sequence[str]) -> Interactions:
    """Return who likes which recordings, from a table with a column of users and one of items.

    Parameters
    ----------
    path
        CSV, with commas, semicolons or tabs, and a line of headings. Each line is a like; further
        columns are not looked at.
    names
        Of the recordings; an item is one of them, with or without its ending, or the end of its
        path where that is clear.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ValidationError
        If it is no such table, or none of its items is a recording.
    """
    known = Names(names)
    found: dict[tuple[str, str], None] = {}
    strange: dict[str, None] = {}
    for user, item in _lines(path):
        at = known.place(item)
        if at is None:
            strange[item] = None
        else:
            found[user, names[at]] = None
    if not found:
        first = f", such as {next(iter(strange))!r}" if strange else ""
        raise ValidationError(
            f"none of the {len(strange)} items of {shown(path)}{first}, is a recording of the "
            f"corpus, such as {names[0]!r}: items must be named as recordings are"
        )
    if strange:
        _log.warning(
            "%d items of %s are no recordings of the corpus, such as %r",
            len(strange), shown(path), next(iter(strange)),
        )  # fmt: skip
    return list(found)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            separator = max(",;\t", key=head.count)
            columns = [
                name.strip().casefold()
                for name in next(csv.reader([head], delimiter=separator), [])
            ]
            user, item = _column(path, columns, _USERS), _column(path, columns, _ITEMS)
            for number, cells in enumerate(csv.reader(file, delimiter=separator), start=2):
                if not cells:
                    continue
                if len(cells) <= max(user, item):
                    raise ValidationError(f"line {number} of {shown(path)} has no user and item")
                yield cells[user].strip(), cells[item].strip()
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no table of interactions {shown(path)}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(f"{shown(path)} is no table of text: {error}") from error


def _column(path: Path, columns: Sequence[str], wanted: Sequence[str]) -> int:
    found = [at for at, name in enumerate(columns) if name in wanted]
    if not found:
        raise ValidationError(
            f"{shown(path)} needs the columns 'user' and 'item'; it has {', '.join(columns)!r}"
        )
    return found[0]


def liked_together(
    interactions: Interactions,
    names: Sequence[str],
    *,
    most: int = 50,
    users: int = 2,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Return the recordings that are most liked together with each, int64, shape (names, most).

    The first is the most alike; -1 stands where there is none. Only what is in ``names`` counts:
    a pair with a recording of another split is not seen.

    Parameters
    ----------
    interactions, names
        See `read_interactions`; names are those of the rows.
    most
        Recordings for each.
    users
        How many must like both, at least: what one likes is chance.
    seed
        Of which hundred count of those who like more.
    """
    rows = {name: at for at, name in enumerate(names)}
    given = [(user, rows[item]) for user, item in interactions if item in rows]
    people = {user: at for at, user in enumerate(dict.fromkeys(user for user, _ in given))}
    likes = np.array([(people[user], row) for user, row in given], np.int64).reshape(-1, 2)
    popular = np.bincount(likes[:, 1], minlength=len(names)).astype(np.float64)
    first, second, both = _counted(likes, len(names), seed)
    enough = both >= users
    first, second, both = first[enough], second[enough], both[enough]
    alike = both / np.sqrt(popular[first] * popular[second])
    order = np.lexsort((second, -alike, first))
    first, second = first[order], second[order]
    place = np.arange(len(first)) - np.searchsorted(first, first)
    kept = place < most
    table = np.full((len(names), most), -1, np.int64)
    table[first[kept], place[kept]] = second[kept]
    return table


def _counted(
    likes: NDArray[np.int64], count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of rows, both ways, and how many users like both."""
    keys, sums = np.empty(0, np.int64), np.empty(0, np.int64)
    for some in _gathered(_pairs(likes, count, seed)):
        found, numbers = np.unique(some, return_counts=True)
        keys, where = np.unique(np.concatenate([keys, found]), return_inverse=True)
        sums = np.bincount(where, np.concatenate([sums, numbers])).astype(np.int64)
    return keys // count, keys % count, sums


def _gathered(parts: Iterator[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Yield parts joined to large ones."""
    waiting, count = [np.empty(0, np.int64)], 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= _PAIRS:
            yield np.concatenate(waiting)
            waiting, count = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _pairs(likes: NDArray[np.int64], count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs that each user likes, as one number each."""
    likes = likes[np.argsort(likes[:, 0], kind="stable")]
    random = np.random.default_rng(seed)
    for rows in np.split(likes[:, 1], np.flatnonzero(np.diff(likes[:, 0])) + 1):
        mine = random.permutation(rows)[:_HEARD] if len(rows) > _HEARD else rows
        table = mine[:, np.newaxis] * count + mine
        yield table[~np.eye(len(mine), dtype=bool)]
