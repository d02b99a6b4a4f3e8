"""Which piece is trained on, and which is kept for validation and test.

A group's split is a matter of its name and the seed alone: files that are added later change
nothing for those that were there.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from audioml.core.errors import UsageError

from .settings import SPLITS

__all__ = ["folds_of", "leaks", "named_split", "seed_that_fills", "split_of"]

_ALIASES = {
    "train": ("train", "training", "tr"),
    "validation": ("validation", "val", "valid", "dev", "validate"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_BY_ALIAS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_SEEDS = 1000


def split_of(group: str, shares: Sequence[float], *, seed: int = 0) -> str:
    """Return the split of a group.

    Parameters
    ----------
    group
        Its name.
    shares
        Of train, validation and test; they add up to 1.
    seed
        Other seeds give other splits.
    """
    point = _point(group, seed)
    end = 0.0
    for name, share in zip(SPLITS, shares, strict=True):
        end += share
        if point < end:
            return name
    return next(name for name, share in reversed([*zip(SPLITS, shares, strict=True)]) if share)


def folds_of(groups: Iterable[str], folds: int, *, seed: int = 0) -> dict[str, int]:
    """Return the fold of each group, from 0 on, with as many groups in one as in another.

    Raises
    ------
    UsageError
        If there are fewer groups than folds, or fewer than two folds.
    """
    names = sorted(set(groups), key=lambda group: (_point(group, seed), group))
    if not 2 <= folds <= len(names):
        raise UsageError(f"'folds' must be from 2 to the {len(names)} groups, got {folds}")
    return {name: place % folds for place, name in enumerate(names)}


def _point(group: str, seed: int) -> float:
    """Return where a group lies between 0 and 1."""
    digest = hashlib.sha256(f"{seed}\0{group}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6]) / 2**48


def named_split(text: object) -> str | None:
    """Return the split that a word stands for, None for no word.

    Raises
    ------
    UsageError
        If it stands for none.
    """
    word = str(text or "").strip().lower()
    if word and word not in _BY_ALIAS:
        raise UsageError(f"a split must be one of {', '.join(SPLITS)}, got {text!r}")
    return _BY_ALIAS.get(word)


def leaks(splits: Iterable[tuple[str, str]], /) -> dict[str, tuple[str, ...]]:
    """Return the groups that lie in several splits, from pairs of a group and a split."""
    found: dict[str, set[str]] = defaultdict(set)
    for group, split in splits:
        found[group].add(split)
    return {group: tuple(sorted(s)) for group, s in sorted(found.items()) if len(s) > 1}


def seed_that_fills(groups: Iterable[str], shares: Sequence[float]) -> int | None:
    """Return the first seed that leaves no split empty, None where there is hardly one."""
    names = sorted(set(groups))
    wanted = {name for name, share in zip(SPLITS, shares, strict=True) if share}
    if len(names) < len(wanted):
        return None
    for seed in range(_SEEDS):
        found: Mapping[str, int] = Counter(split_of(name, shares, seed=seed) for name in names)
        if wanted <= found.keys():
            return seed
    return None
