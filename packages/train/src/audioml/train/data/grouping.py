"""What must not lie in two splits: the recordings of a piece, of an artist, of one sound."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from audioml.core.corpus.splits import SPLITS, seed_that_fills, split_of
from audioml.core.errors import UsageError

from .items import Item
from .naming import piece_of
from .settings import Settings
from .splitting import leaks

__all__ = ["group_of", "splits_of"]

_SHARES = (0.8, 0.1, 0.1)


def group_of(item: Item, by: str, *, piece: str | None = None) -> str:
    """Return what a recording shares with others from which it must not be parted.

    Raises
    ------
    UsageError
        If that is not known of it.
    """
    if by == "file":
        return item.name
    if by == "folder":
        return item.name.rpartition("/")[0]
    if by == "piece":
        return item.piece or _piece(item.name, piece)
    value = item.artist if by == "artist" else item.facts.get(by)
    if value is None or value == "":
        known = ["piece", "artist", "folder", "file", *item.facts]
        raise UsageError(
            f"nothing is known of the {by!r} of {item.name!r}; group by one of {', '.join(known)}"
        )
    return str(value)


def _piece(name: str, pattern: str | None) -> str:
    if pattern is None:
        return piece_of(name)
    found = re.search(pattern, name)
    if found is None or not found[1]:
        raise UsageError(f"'piece' {pattern!r} finds no piece in {name!r}")
    return found[1]


def splits_of(
    items: Sequence[Item], digests: Mapping[str, str], settings: Settings
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return group and split of each recording by its name, and what to warn of.

    Parameters
    ----------
    items
        The recordings that are used.
    digests
        The SHA-256 of each one's sound: what sounds alike to the last bit is one group.

    Raises
    ------
    UsageError
        If the splits that are given must be used, and not all are.
    """
    groups = _joined(
        {i.name: group_of(i, settings.group, piece=settings.piece) for i in items}, digests
    )
    given = {item.name: item.split for item in items}
    absent = [name for name, split in given.items() if split is None]
    if settings.split == "given" and absent:
        raise UsageError(
            f"the split of {absent[0]!r} and {len(absent) - 1} more is not given; "
            "set shares such as split=80/10/10"
        )
    if not absent and settings.split in (None, "given"):
        found = {name: (groups[name], split or "") for name, split in given.items()}
        return found, _given_warnings(found)
    shares = settings.split if isinstance(settings.split, tuple) else _SHARES
    found = {
        name: (group, split_of(group, shares, seed=settings.seed)) for name, group in groups.items()
    }
    return found, _share_warnings(found, shares)


def _joined(groups: dict[str, str], digests: Mapping[str, str]) -> dict[str, str]:
    """Return the groups, those with a sound in common as one: the first of their names."""
    first: dict[str, str] = {}  # sound to the group that has it
    onto: dict[str, str] = {}

    def root(group: str) -> str:
        while group in onto:
            group = onto[group]
        return group

    for name, group in sorted(groups.items(), key=lambda pair: (pair[1], pair[0])):
        ours, theirs = root(group), root(first.setdefault(digests[name], group))
        if ours != theirs:
            low, high = sorted((ours, theirs))
            onto[high] = low
    return {name: root(group) for name, group in groups.items()}


def _given_warnings(found: Mapping[str, tuple[str, str]]) -> list[str]:
    return [
        f"the splits that are given part the recordings of {group!r}: they are in "
        f"{' and '.join(splits)}, so scores will flatter"
        for group, splits in leaks(found.values()).items()
    ]


def _share_warnings(found: Mapping[str, tuple[str, str]], shares: tuple[float, ...]) -> list[str]:
    filled = Counter(split for _, split in found.values())
    empty = [n for n, share in zip(SPLITS, shares, strict=True) if share and not filled[n]]
    if not empty:
        return []
    seed = seed_that_fills((group for group, _ in found.values()), shares)
    hint = "; the set is too small for these shares" if seed is None else f"; seed={seed} fills all"
    return [f"nothing falls to {' and '.join(empty)}{hint}"]
