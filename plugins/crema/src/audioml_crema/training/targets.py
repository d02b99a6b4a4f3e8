"""What the network is to say of a chord label: the chord's tag, root, bass and tones.

The targets are those that crema's author trained on (McFee and Bello 2017, section 3.2), but for
two slips of his: all twelve tones were told of ``X``, of which none is known and none is told
here; and a label without a quality, such as ``C:(1,5)``, was major, and is ``X`` here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from audioml.core.chords import PITCHES, QUALITIES, Chord, parse

from ..cqt import HOP_LENGTH, RATE
from ..labels import LABELS, NO_CHORD, UNKNOWN

__all__ = ["COLUMNS", "IGNORED", "encoded", "framed", "stay", "transposed", "unreadable"]

COLUMNS = {"tag": slice(0, 1), "root": slice(1, 2), "bass": slice(2, 3), "pitch": slice(3, 15)}
"""Where each target stands in a row: tag among `LABELS`, root and bass from C = 0, 12 tones."""
IGNORED = -1
"""Stands for a target that is not known, or is beyond the recording."""
_NONE = len(PITCHES)  # root and bass of no chord
_SPELT = [label.partition(":") for label in LABELS]
_QUALITY_OF = {QUALITIES[quality]: quality for _, _, quality in _SPELT if quality}
_PSEUDO = 0.5  # stays that are counted besides those that are found, as crema's author does


@functools.cache
def encoded(label: str) -> NDArray[np.int16]:
    """Return the targets of a chord label in Harte's notation: int16, shape (15,).

    Text that is no chord is ``X``; qualities beyond the seventh are those of their seventh.
    """
    row = np.full(15, IGNORED, np.int16)
    row[1:3] = _NONE
    chord = parse(label)
    if chord is None:
        row[0] = LABELS.index(NO_CHORD if label == NO_CHORD else UNKNOWN)
        if label == NO_CHORD:
            row[3:] = 0
        return row
    row[0] = LABELS.index(_tag(chord))
    row[1:3] = chord.root, (chord.root + chord.bass) % 12
    row[3:] = 0
    tones = [tone for tone in chord.tones if tone < 12]  # what is above stands for its seventh
    row[[3 + (chord.root + tone) % 12 for tone in (*tones, chord.bass)]] = 1
    return row


def _tag(chord: Chord) -> str:
    """Return the tag of a chord by its quality alone; added and omitted degrees do not count."""
    tones = QUALITIES[chord.quality] if chord.quality else chord.tones
    quality = _QUALITY_OF.get(tuple(tone for tone in tones if tone < 12))
    return f"{PITCHES[chord.root]}:{quality}" if quality else UNKNOWN


def unreadable(labels: Iterable[str]) -> list[str]:
    """Return the labels that are neither chords nor ``N`` or ``X``."""
    known = (NO_CHORD, UNKNOWN)
    return sorted({each for each in labels if each not in known and parse(each) is None})


def framed(segments: NDArray[np.float64], labels: Sequence[str], frames: int) -> NDArray[np.int16]:
    """Return the targets of each frame: int16, shape (frames, 15).

    A frame has the chord that sounds 4096 samples after its time, when the next frame begins; and
    ``N`` where there is no label. That is how crema's author cuts time into frames.

    Parameters
    ----------
    segments
        float64, shape (n, 2): start and end in seconds.
    labels
        One for each segment.
    """
    rows = np.tile(encoded(NO_CHORD), (frames, 1))
    edges = (segments * RATE).astype(np.int64) // HOP_LENGTH
    for (first, last), label in zip(np.maximum(edges, 0).tolist(), labels, strict=True):
        rows[first:last] = encoded(label)
    return rows


@functools.cache
def _moved_tags() -> NDArray[np.int16]:
    """Return the tag that each becomes: shape (12, 171), the last for `IGNORED`."""
    moved = np.full((12, len(LABELS) + 1), IGNORED, np.int16)
    for tag, (root, _, quality) in enumerate(_SPELT):
        for up in range(12):
            there = f"{PITCHES[(PITCHES.index(root) + up) % 12]}:{quality}" if quality else root
            moved[up, tag] = LABELS.index(there)
    return moved


def transposed(rows: NDArray[np.int16], semitones: int) -> NDArray[np.int16]:
    """Return targets moved up; shape (..., 15)."""
    moved = rows.copy()
    moved[..., 0] = _moved_tags()[semitones % 12][rows[..., 0]]
    notes = rows[..., 1:3]
    moved[..., 1:3] = np.where((notes >= 0) & (notes < _NONE), (notes + semitones) % 12, notes)
    moved[..., 3:] = np.roll(rows[..., 3:], semitones, axis=-1)
    return moved


def stay(recordings: Iterable[NDArray[np.int16]]) -> float:
    """Return how likely the tag of a frame is that of the one before; each is shape (frames, 15).

    It is what the Viterbi path of `audioml_crema.decoder` is told.
    """
    same = total = _PSEUDO
    for rows in recordings:
        same += np.count_nonzero(rows[1:, 0] == rows[:-1, 0])
        total += max(len(rows) - 1, 0)
    return float(same / total)
