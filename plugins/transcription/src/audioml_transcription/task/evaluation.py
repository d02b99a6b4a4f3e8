"""Measures what a model answers, by the way that everybody takes to it."""

from __future__ import annotations

import csv
import fnmatch
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audioml.core.audio import read
from audioml.core.errors import NotFoundError, UsageError
from audioml.core.files import shown
from audioml.core.stages import Estimator
from audioml.core.values import Audio, Prediction

from ..notes import Notes, Pedal, extended
from ..scoring import mean_scores, note_scores, pedal_scores
from ..spectrum import RATE
from ..synth.dataset import Row
from . import sets

__all__ = ["Piece", "as_csv", "as_json", "measured", "pieces"]

_AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff", ".m4a")
_MAPS = "MAPS_MUS-"


@dataclass(frozen=True, slots=True)
class Piece:
    """A recording with what is played in it: ``sound`` and ``played`` read it when called.

    ``played`` are the notes as they are heard, the pedal holding them, and the pedal.
    """

    name: str
    split: str
    sound: Callable[[], Audio]
    played: Callable[[], tuple[Notes, Pedal]]


def pieces(data: Path, *, split: str | None = None, only: str = "*") -> list[Piece]:
    """Return the recordings of a data set.

    Parameters
    ----------
    data
        One that `audioml train synth` or `audioml train prepare` made; or a folder of audio files
        with labels beside them, MAESTRO's and MAPS's among them. Of MAPS, the pieces of music.
    split
        ``train``, ``validation``, ``test`` or ``all``. By default the recordings for tests, where
        there are none those for validation, and where nothing is split all.
    only
        Pattern that names must match, such as ``*Chopin*``.

    Raises
    ------
    NotFoundError
        If there are no such recordings.
    UsageError
        If the split is not one of those.
    """
    if sets.is_prepared(data) or sets.is_synth(data):
        found = [_of_row(row) for row in sets.rows(data)]
    else:
        found = list(_of_files(data))
    chosen = [p for p in _of_split(found, split) if fnmatch.fnmatch(p.name, only)]
    if not chosen:
        there = ", ".join(sorted({p.split or "none" for p in found})) or "nothing"
        raise NotFoundError(
            f"{shown(data)} has no such recordings: {len(found)} with labels, of the splits {there}"
        )
    return chosen


def measured(model: Estimator, piece: Piece) -> dict[str, float]:
    """Return the scores of a model on a recording; the pedal's only where it answers one.

    Raises
    ------
    UsageError
        If the model answers no notes.
    AudioError, ValidationError
        If the recording cannot be read, or its labels.
    """
    notes, pedal = piece.played()
    found = model(piece.sound())
    scores = note_scores(notes, _notes(found, model))
    if "pedal" in found.annotations:
        pressed = Pedal(found.annotations["pedal"].intervals)
        scores |= pedal_scores(pedal, pressed)
    return scores


def as_json(about: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]) -> bytes:
    """Return the scores of pieces, and their means, as JSON."""
    told = {**about, "mean": mean_scores(scores.values()), "pieces": scores}
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def as_csv(scores: Mapping[str, Mapping[str, float]]) -> bytes:
    """Return the scores of pieces as a table, the means in its last row."""
    buffer = io.StringIO()
    names = list(next(iter(scores.values())))
    writer = csv.DictWriter(buffer, ["piece", *names], lineterminator="\n")
    writer.writeheader()
    for name, found in [*scores.items(), ("mean", mean_scores(scores.values()))]:
        writer.writerow({"piece": name, **{k: f"{v:.4f}" for k, v in found.items()}})
    return buffer.getvalue().encode("utf-8", "replace")


def _notes(found: Prediction, model: Estimator) -> Notes:
    for annotation in found.annotations.values():
        if annotation.namespace == "note_midi":
            spans, count = annotation.intervals, len(annotation)
            velocity = annotation.attributes.get("velocity", np.full(count, 64))
            pitch = np.rint(np.array(annotation.values, np.float64))
            return Notes(spans[:, 0], spans[:, 1], pitch, velocity)
    raise UsageError(f"{model.spec.name} answers {', '.join(found) or 'nothing'}, no notes")


def _of_row(row: Row) -> Piece:
    def sound() -> Audio:
        return Audio(row.samples.astype(np.float32) / np.float32(32768), RATE)

    return Piece(row.id, row.split, sound, lambda: (row.notes, row.pedal))


def _of_files(folder: Path) -> Iterator[Piece]:
    from audioml.train.data import Settings
    from audioml.train.data.sources import parse

    found = parse(
        Settings(source_path=folder, audio_ext=_AUDIO, label_ext=(".mid", ".midi", ".jams"))
    )
    maps = any(_MAPS in item.name for item in found.items)
    for item in found.items:
        if item.label is not None and (_MAPS in item.name or not maps):
            yield _of_file(item.name, item.split or "", item.audio, item.label)


def _of_file(name: str, split: str, audio: Path, label: Path) -> Piece:
    from audioml.train.data import read_labels

    def played() -> tuple[Notes, Pedal]:
        keys, pedal = sets.played(read_labels(label))
        return extended(keys, pedal), pedal

    return Piece(name, split, lambda: read(audio), played)


def _of_split(found: Sequence[Piece], split: str | None) -> list[Piece]:
    from audioml.train.data.splitting import named_split

    if split == "all":
        return list(found)
    splits = [named_split(piece.split) for piece in found]
    wanted = named_split(split)
    if wanted is None:
        wanted = next((each for each in ("test", "validation") if each in splits), None)
        if wanted is None:
            return list(found)
    return [piece for piece, its in zip(found, splits, strict=True) if its == wanted]
