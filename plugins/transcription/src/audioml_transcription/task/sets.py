"""Recordings with their notes, out of data sets that were made here or prepared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audioml.core.corpus.writer import MANIFEST
from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.core.files import shown

from ..notes import Notes, Pedal, extended, repaired
from ..spectrum import RATE
from ..synth import corpus, dataset, soundfonts
from ..synth.dataset import Row

if TYPE_CHECKING:
    from audioml.train.data.labels import Labels

__all__ = ["excerpt", "is_prepared", "is_synth", "played", "rows", "rows_of"]


def is_synth(path: Path) -> bool:
    """Return whether a folder holds a data set that `audioml train synth` made, or a part."""
    return any(path.glob("part-*"))


def is_prepared(path: Path) -> bool:
    """Return whether a folder holds a corpus that `audioml train prepare` made."""
    return (path / MANIFEST).is_file()


def rows(path: Path) -> Iterator[Row]:
    """Yield the recordings of a data set; those without labels are left out.

    Raises
    ------
    NotFoundError
        If there is no data set.
    UsageError
        If its sample rate is not 16 kHz.
    """
    if is_prepared(path):
        yield from _prepared(path)
    elif is_synth(path):
        yield from dataset.rows(path)
    else:
        raise NotFoundError(
            f"there is no data set in {shown(path)}; make one by `audioml train synth`, or of "
            "recordings by `audioml train prepare`"
        )


def rows_of(path: Path, stage: str) -> list[Row]:
    """Return the recordings of a data set for a stage: ``train``, ``valid`` or ``test``.

    Where a set has no recordings for tests, those for validation are: it has been named for tests.

    Raises
    ------
    UsageError
        If what is kept for tests would be trained or tuned on.
    """
    every = list(rows(path))
    if stage != "test" and is_synth(path):
        _check_reserved(path, every)
    if stage == "train":
        return [row for row in every if row.split == "train"]
    wanted = "test" if stage == "test" and any(row.split == "test" for row in every) else "valid"
    return [row for row in every if row.split.startswith(wanted)]


def _check_reserved(path: Path, every: list[Row]) -> None:
    for row in every:
        if row.family in soundfonts.RESERVED or corpus.is_reserved(row.source):
            raise UsageError(
                f"{shown(path)} is for tests only: recording {row.id} is of {row.source}, sounded "
                f"by {row.family}; train and validate on others"
            )


def _prepared(path: Path) -> Iterator[Row]:
    from audioml.train.data import Prepared

    found = Prepared.open(path)
    if found.rate != RATE or found.corpus.encoding != "int16":
        raise UsageError(
            f"the corpus in {shown(path)} is at {found.rate} Hz; transcription needs {RATE} Hz: "
            f"prepare it with sample_rate={RATE}"
        )
    columns = {name: found.corpus.column(name) for name in ("id", "split", "labelled")}
    for at, (name, split, labelled) in enumerate(zip(*columns.values(), strict=True)):
        if not labelled:
            continue
        keys, pedal = played(found.labels(at))
        samples = found.corpus.read(at)
        yield Row(name, samples, extended(keys, pedal), keys, pedal, "", path.name, split)


def played(labels: Labels) -> tuple[Notes, Pedal]:
    """Return the keys and the pedal of labels; of notes of one pitch none overlap.

    Raises
    ------
    ValidationError
        If they hold no notes but something else.
    """
    if len(labels.segments) and not len(labels.notes):
        raise ValidationError("the labels hold segments, not notes")
    return repaired(Notes.of(labels.notes)), Pedal(labels.pedal)


def excerpt(row: Row, seconds: float | None) -> Row:
    """Return the first ``seconds`` of a recording, or all of it."""
    if seconds is None or len(row.samples) <= seconds * RATE:
        return row
    pedal = row.pedal.intervals[row.pedal.intervals[:, 0] < seconds]
    return Row(
        row.id,
        row.samples[: round(seconds * RATE)],
        _until(row.notes, seconds),
        _until(row.keys, seconds),
        Pedal(np.minimum(pedal, seconds)),
        row.family,
        row.source,
        row.split,
    )


def _until(notes: Notes, seconds: float) -> Notes:
    some: Any = notes.onset < seconds
    kept = notes[some]
    return Notes(kept.onset, np.minimum(kept.offset, seconds), kept.pitch, kept.velocity)
