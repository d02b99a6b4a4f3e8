"""Which group of recordings is trained on, and which is kept for validation and test.

A group's split is a matter of its name and the seed alone: recordings that are added later change
nothing for those that were there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

__all__ = ["SPLITS", "place_of", "seed_that_fills", "split_of"]

SPLITS = ("train", "validation", "test")
_SEEDS = 1000


def place_of(group: str, *, seed: int = 0) -> float:
    """Return where a group lies, by its name and a seed: from 0 on, below 1."""
    digest = hashlib.sha256(f"{seed}\0{group}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6]) / 2**48


def split_of(group: str, shares: Sequence[float], *, seed: int = 0) -> str:
    """Return the split of a group.

    Parameters
    ----------
    group
        Its name, such as an artist's.
    shares
        Of train, validation and test; they add up to 1.
    seed
        Other seeds give other splits.
    """
    place, end = place_of(group, seed=seed), 0.0
    for name, share in zip(SPLITS, shares, strict=True):
        end += share
        if place < end:
            return name
    return next(name for name, share in reversed([*zip(SPLITS, shares, strict=True)]) if share)


def seed_that_fills(groups: Iterable[str], shares: Sequence[float]) -> int | None:
    """Return the first seed that leaves no split empty, None where there is hardly one."""
    names = set(groups)
    wanted = {name for name, share in zip(SPLITS, shares, strict=True) if share}
    if len(names) < len(wanted):
        return None
    for seed in range(_SEEDS):
        if wanted <= {split_of(name, shares, seed=seed) for name in names}:
            return seed
    return None
