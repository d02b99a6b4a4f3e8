"""Splits that are named by others, folds, and groups that lie in several splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from audioml.core.corpus.splits import SPLITS, place_of
from audioml.core.errors import UsageError

__all__ = ["folds_of", "leaks", "named_split"]

_ALIASES = {
    "train": ("train", "training", "tr"),
    "validation": ("validation", "val", "valid", "dev", "validate"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_BY_ALIAS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}


def folds_of(groups: Iterable[str], folds: int, *, seed: int = 0) -> dict[str, int]:
    """Return the fold of each group, from 0 on, with as many groups in one as in another.

    Raises
    ------
    UsageError
        If there are fewer groups than folds, or fewer than two folds.
    """
    names = sorted(set(groups), key=lambda group: (place_of(group, seed=seed), group))
    if not 2 <= folds <= len(names):
        raise UsageError(f"'folds' must be from 2 to the {len(names)} groups, got {folds}")
    return {name: place % folds for place, name in enumerate(names)}


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
