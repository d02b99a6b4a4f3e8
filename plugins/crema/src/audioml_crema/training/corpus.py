"""The recordings that are learnt from: a prepared corpus, its spectra, and its chord labels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.files import shown
from audioml.train.data import Labels, Prepared

from ..labels import UNKNOWN
from .cache import Spectra
from .targets import framed, unreadable

__all__ = ["Recording", "chords_of", "opened"]

_log = logging.getLogger("audioml.train")
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording with its chords.

    Parameters
    ----------
    name, row
        In the corpus.
    seconds
        Its length.
    segments, labels
        float64, shape (n, 2): start and end of each chord in seconds, and its label.
    targets
        int16, shape (frames, 15), see `audioml_crema.training.targets`.
    """

    name: str
    row: int
    seconds: float
    segments: NDArray[np.float64]
    labels: tuple[str, ...]
    targets: NDArray[np.int16]

    def until(self, end: float) -> dict[str, Any]:
        """Return ``name``, ``seconds``, ``segments`` and ``labels`` up to a time.

        They are plain, for Lightning looks for tensors in all that is in a batch.
        """
        at = np.flatnonzero(self.segments[:, 0] < end)
        return {
            "name": self.name,
            "seconds": end,
            "segments": np.minimum(self.segments[at], end),
            "labels": [self.labels[i] for i in at],
        }


def chords_of(
    labels: Labels, namespaces: Sequence[str]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the segments of the first of some namespaces that there is, and what they say."""
    for wanted in namespaces:
        at = [i for i, found in enumerate(labels.namespaces) if found == wanted]
        if at:
            return labels.segments[at], tuple(labels.texts[i] for i in at)
    return np.empty((0, 2)), ()


def opened(
    path: Path, namespaces: Sequence[str]
) -> tuple[Spectra, dict[str, tuple[Recording, ...]]]:
    """Return the spectra of a corpus, and the recordings of each split that have chord labels.

    Raises
    ------
    NotFoundError
        If there is no such corpus.
    ValidationError
        If no recording has chords, or the corpus is not at 44.1 kHz.
    """
    prepared = Prepared.open(path)
    spectra = Spectra.of(prepared.corpus)
    found: dict[str, list[Recording]] = {}
    odd: set[str] = set()
    splits = prepared.corpus.column("split")
    for row, (name, split) in enumerate(zip(prepared.names, splits, strict=True)):
        segments, labels = chords_of(prepared.labels(row), namespaces)
        if not labels:
            continue
        strange = unreadable(labels)
        odd |= set(strange)
        labels = tuple(UNKNOWN if label in strange else label for label in labels)
        recording = Recording(
            name=name,
            row=row,
            seconds=float(prepared.lengths[row] / prepared.rate),
            segments=segments,
            labels=labels,
            targets=framed(segments, labels, int(spectra.frames[row])),
        )
        found.setdefault(split, []).append(recording)
    _tell(path, len(prepared) - sum(map(len, found.values())), sorted(odd))
    if not found:
        raise ValidationError(
            f"no recording of the corpus in {shown(path)} has chord labels; expected segments of "
            f"the namespace {' or '.join(namespaces)}, which 'data.namespaces' sets"
        )
    return spectra, {split: tuple(each) for split, each in found.items()}


def _tell(path: Path, silent: int, odd: Sequence[str]) -> None:
    if silent:
        _log.warning("%d recording(s) in %s have no chord labels: left out", silent, shown(path))
    if odd:
        more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
        named = ", ".join(map(repr, odd[:_SHOWN]))
        _log.warning("labels that are no chords are taken as %s: %s%s", UNKNOWN, named, more)
