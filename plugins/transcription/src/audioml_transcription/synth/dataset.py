"""The data set on disk: parts, each a corpus of a few recordings with what was played.

A part is there when it is whole, so that making a data set is taken up where it was left. Columns
of a row, next to the corpus's own: ``onset``, ``offset`` (as heard: the pedal holds notes),
``key_offset``, ``pitch``, ``velocity``, ``pedal_on`` and ``pedal_off`` are lists; ``family`` and
``source`` say what it was rendered by and of; ``split`` is ``train`` or ``valid``.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.corpus import Corpus, CorpusWriter
from audioml.core.errors import NotFoundError
from audioml.core.files import shown

from ..notes import Notes, Pedal
from .recordings import RATE, Recipe, Recording, recording

__all__ = ["Row", "make", "opened", "parts", "rows"]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One recording of a data set: its samples as a view of the disk, int16."""

    id: str
    samples: NDArray[Any]
    notes: Notes
    keys: Notes
    pedal: Pedal
    family: str
    source: str
    split: str


def make(
    folder: Path,
    recipe: Recipe,
    *,
    recordings: int,
    each: int = 10,
    valid: float = 0.05,
    processes: int = 1,
) -> Iterator[Path]:
    """Make a data set, and yield its parts as they are there; those that exist are kept.

    Parameters
    ----------
    folder
        Where the parts go.
    recipe
        What they are made of.
    recordings, each
        How many in all, and in a part.
    valid
        Share of parts whose recordings are for validation.
    processes
        How many work at once; the result does not depend on it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = -(-recordings // each)
    work = partial(_part, folder, recipe, each, valid)
    if processes == 1:
        yield from map(work, range(count))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(work, range(count))


def _part(folder: Path, recipe: Recipe, each: int, valid: float, index: int) -> Path:
    path = folder / f"part-{index:05d}"
    if path.exists():
        return path
    split = "valid" if int((index + 1) * valid) > int(index * valid) else "train"
    with CorpusWriter(path, rate=RATE) as corpus:
        for number in range(index * each, (index + 1) * each):
            made = recording(recipe, number)
            corpus.append(f"{number:06d}", made.samples, split=split, **_columns(made))
    return path


def _columns(made: Recording) -> dict[str, Any]:
    heard, keys, pedal = made.played.heard, made.played.keys, made.played.pedal.intervals
    return {
        "onset": heard.onset.tolist(),
        "offset": heard.offset.tolist(),
        "key_offset": keys.offset.tolist(),
        "pitch": heard.pitch.tolist(),
        "velocity": heard.velocity.tolist(),
        "pedal_on": pedal[:, 0].tolist(),
        "pedal_off": pedal[:, 1].tolist(),
        "family": made.family,
        "source": made.source,
    }


def parts(folder: Path) -> list[Path]:
    """Return the parts of a data set that are whole.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = sorted(path for path in folder.glob("part-*") if path.suffix != ".part")
    if not found:
        raise NotFoundError(f"there is no data set in {shown(folder)}: expected part-00000 there")
    return found


def opened(folder: Path, *, split: str | None = None) -> list[Row]:
    """Return the recordings of a data set, or of one of its splits."""
    return [row for row in rows(folder) if split in (None, row.split)]


def rows(folder: Path) -> Iterator[Row]:
    """Yield every recording of a data set."""
    for path in parts(folder):
        for entry in Corpus.open(path):
            row = entry.row
            pitch, velocity = np.array(row["pitch"]), np.array(row["velocity"])
            onset = np.array(row["onset"])
            yield Row(
                id=entry.id,
                samples=entry.samples,
                notes=Notes(onset, np.array(row["offset"]), pitch, velocity),
                keys=Notes(onset, np.array(row["key_offset"]), pitch, velocity),
                pedal=Pedal(np.stack([row["pedal_on"], row["pedal_off"]], axis=1)),
                family=row["family"],
                source=row["source"],
                split=row["split"],
            )
