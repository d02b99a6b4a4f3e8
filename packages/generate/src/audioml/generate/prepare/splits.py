"""Which songs are learnt from and which are kept: never one artist in two splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from audioml.core.corpus.splits import SPLITS, seed_that_fills, split_of
from audioml.core.errors import UsageError

from .settings import Settings
from .songs import Song

__all__ = ["warnings_of", "with_splits"]

_SHARES = (0.8, 0.1, 0.1)


def with_splits(songs: Iterable[Song], settings: Settings) -> list[Song]:
    """Return the songs with their splits.

    Raises
    ------
    UsageError
        If the splits that are given must be used, and not all are.
    """
    found = list(songs)
    absent = [song.id for song in found if song.split is None]
    if settings.split == "given" and absent:
        raise UsageError(
            f"the split of {absent[0]!r} and {len(absent) - 1} more is not given; "
            "set shares such as 80/10/10"
        )
    if (shares := _shares(found, settings)) is None:
        return found
    return [replace(s, split=split_of(s.group, shares, seed=settings.seed)) for s in found]


def _shares(songs: Sequence[Song], settings: Settings) -> tuple[float, ...] | None:
    """Return the shares that splits are drawn by, None where they are given."""
    if settings.shares is None and all(song.split for song in songs):
        return None
    return settings.shares or _SHARES


def warnings_of(songs: Sequence[Song], settings: Settings) -> list[str]:
    """Return what to say of the splits of songs that come without, or with, one."""
    told = []
    drawn = _shares(songs, settings)
    splits: dict[str, set[str]] = defaultdict(set)
    for song in with_splits(songs, settings):
        splits[song.group].add(song.split or "")
    if parted := [group for group, names in sorted(splits.items()) if len(names) > 1]:
        more = f" and {len(parted) - 1} more" if parted[1:] else ""
        told.append(
            f"the splits that are given part the songs of {parted[0]!r}{more}: scores will flatter"
        )
    shares = drawn or _SHARES
    wanted = {name for name, share in zip(SPLITS, shares, strict=True) if share}
    if empty := sorted(wanted - set().union(*splits.values())):
        hint = f": {_hint(splits, shares)}" if drawn else ""
        told.append(f"no song is in {' and '.join(empty)}{hint}")
    return told


def _hint(groups: Iterable[str], shares: Sequence[float]) -> str:
    seed = seed_that_fills(groups, shares)
    return "there are too few artists" if seed is None else f"--seed {seed} fills all"
