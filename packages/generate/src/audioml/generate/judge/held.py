"""The songs that a model is judged by: of the split that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from audioml.core.corpus import Corpus
from audioml.core.errors import UsageError, ValidationError
from audioml.core.files import shown
from audioml.core.stages import Generator

__all__ = ["Excerpt", "excerpts", "opened", "split_of"]

_PREPARE = "prepare one by `audioml generate prepare`"


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """A part of a song: samples as they are kept, shape (n,), and where they begin."""

    id: str
    genre: str | None
    start: int
    samples: NDArray[Any]


def opened(path: Path, model: Generator) -> Corpus:
    """Return the corpus in a folder, which must be of the model's kind.

    Raises
    ------
    NotFoundError, IntegrityError
        See `Corpus.open`.
    UsageError
        If it has another rate or encoding, or no splits.
    ValidationError
        If it is empty.
    """
    corpus, spec = Corpus.open(path), model.spec
    if not len(corpus):
        raise ValidationError(f"the corpus in {shown(path)} is empty; {_PREPARE}")
    if corpus.rate != spec.rate:
        raise UsageError(
            f"the corpus in {shown(path)} is at {corpus.rate} Hz, but {spec.name} makes sound at "
            f"{spec.rate} Hz; {_PREPARE} with --rate {spec.rate}"
        )
    encoding = getattr(model, "encoding", None)
    if encoding is not None and corpus.encoding != encoding:
        raise UsageError(
            f"the corpus in {shown(path)} keeps samples as {corpus.encoding}, but {spec.name} "
            f"foretells {encoding}; {_PREPARE} with --encoding {encoding}"
        )
    if "split" not in corpus.columns:
        raise UsageError(f"the corpus in {shown(path)} has no column 'split'; {_PREPARE}")
    return corpus


def split_of(corpus: Corpus, split: str, *, longer_than: int) -> Corpus:
    """Return the songs of a split.

    Raises
    ------
    ValidationError
        If there are none, or none is longer than so many samples.
    """
    rows = corpus.filter(split=split)
    if not len(rows):
        known = ", ".join(sorted({str(name) for name in corpus.column("split")}))
        raise ValidationError(
            f"the corpus in {shown(corpus.path)} has no songs of split {split!r} (it has: {known})"
        )
    longest = int(rows.lengths.max())
    if longest <= longer_than:
        raise ValidationError(
            f"no song of split {split!r} is longer than {longer_than} samples, which the model "
            f"hears before it foretells; the longest has {longest}"
        )
    return rows


def excerpts(corpus: Corpus, *, samples: int, least: int = 1) -> Iterator[Excerpt]:
    """Yield parts of songs, about ``samples`` in all, spread evenly over the songs.

    Each song gives as much from its middle as all others do, or all that it has; those of fewer
    than ``least`` samples give nothing.
    """
    rows = [row for row, length in enumerate(corpus.lengths.tolist()) if length >= least]
    each = max(least, -(-samples // max(len(rows), 1)))
    step = max(1, len(rows) * each // max(samples, 1))
    genres = corpus.column("genre") if "genre" in corpus.columns else [None] * len(corpus)
    names = corpus.column("id")
    for row in rows[::step]:
        length = int(corpus.lengths[row])
        start = max(length - each, 0) // 2
        stop = min(start + each, length)
        yield Excerpt(names[row], genres[row], start, corpus.read(row, start, stop))
