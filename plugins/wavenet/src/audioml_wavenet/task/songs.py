"""The corpus of a run: opened, checked, and what is told of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus
from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown

__all__ = ["ENCODING", "Facts", "facts_of", "genres_in", "numbered", "opened", "split_of"]

ENCODING = "mulaw"
_PREPARE = "make one by `audioml generate prepare`"

Facts = list[dict[str, Any]]
"""Of each split and licence: songs, seconds, and the artists; plain values, for a checkpoint."""


def opened(path: Path, *, rate: int) -> Corpus:
    """Return the corpus in a folder.

    Raises
    ------
    NotFoundError, IntegrityError
        See `Corpus.open`.
    UsageError
        If it has another rate or encoding, or no splits.
    ValidationError
        If it is empty.
    """
    corpus = Corpus.open(path)
    if not len(corpus):
        raise ValidationError(f"the corpus in {shown(path)} is empty; {_PREPARE}")
    if corpus.encoding != ENCODING:
        raise UsageError(
            f"the corpus in {shown(path)} keeps samples as {corpus.encoding}, but a WaveNet learns "
            f"{ENCODING}; {_PREPARE}"
        )
    if corpus.rate != rate:
        raise UsageError(
            f"the corpus in {shown(path)} is at {corpus.rate} Hz, but task.rate is {rate}; give "
            f"task.rate={corpus.rate}, or prepare it at {rate} Hz"
        )
    if "split" not in corpus.columns:
        raise UsageError(f"the corpus in {shown(path)} has no column 'split'; {_PREPARE}")
    return corpus


def split_of(corpus: Corpus, split: str, *, longer_than: int) -> Corpus:
    """Return the rows of a split.

    Raises
    ------
    ValidationError
        If there are none, or none is longer than so many samples: the receptive field.
    """
    rows = corpus.filter(split=split)
    if not len(rows):
        raise ValidationError(
            f"the corpus in {shown(corpus.path)} has no songs of split {split!r}; prepare it anew "
            "with the --seed that `audioml generate prepare` names, or of more artists"
        )
    longest = int(rows.lengths.max())
    if longest <= longer_than:
        raise ValidationError(
            f"no song of split {split!r} in {shown(corpus.path)} is longer than the receptive "
            f"field, {longer_than} samples; the longest has {longest}: take a network with fewer "
            "layers, or longer songs"
        )
    return rows


def genres_in(corpus: Corpus) -> tuple[str, ...]:
    """Return the genres of what is trained on, in the order of their names.

    Raises
    ------
    UsageError
        If the corpus tells none.
    """
    found = corpus.filter(split="train").column("genre") if "genre" in corpus.columns else []
    names = {str(name) for name in found if name}
    if not names:
        raise UsageError(
            f"task.genres is 'all', but the corpus in {shown(corpus.path)} tells no genres"
        )
    return tuple(sorted(names))


def numbered(corpus: Corpus, genres: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of each row's genre, -1 where it is none of these."""
    if not genres or "genre" not in corpus.columns:
        return np.full(len(corpus), -1, np.int64)
    places = {name: at for at, name in enumerate(genres)}
    return np.array([places.get(name, -1) for name in corpus.column("genre")], np.int64)


def facts_of(corpus: Corpus) -> Facts:
    """Return how much there is of which licence, and by whom."""
    gathered: dict[tuple[str, str], dict[str, Any]] = defaultdict(
        lambda: {"songs": 0, "seconds": 0.0, "artists": set()}
    )
    for row in corpus.rows():
        licence = str(row.get("licence") or "not told")
        found = gathered[str(row["split"]), licence]
        found["songs"] += 1
        found["seconds"] += row["n"] / corpus.rate
        found["artists"] |= {str(row["artist"])} if row.get("artist") else set()
    return [
        {"split": split, "licence": licence, **found, "artists": sorted(found["artists"])}
        for (split, licence), found in sorted(gathered.items())
    ]
