"""From the network's heads to chords: Viterbi, segments, confidences and inversions."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from audioml.core.chords import PITCHES
from audioml.core.errors import ValidationError
from audioml.core.stages import Decoder
from audioml.core.values import Annotation, Frames, Prediction, Tensors

from .cqt import HOP_LENGTH, RATE
from .labels import LABELS, ROOTS, inverted
from .viterbi import viterbi_loop

__all__ = ["ChordDecoder", "segments"]

_STAY = 0.957154635467057  # as crema's author estimated it
_HEADS = {"tag": LABELS, "pitch": PITCHES, "root": ROOTS, "bass": ROOTS}


def segments(path: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return the runs of equal states: first frame and the one after the last."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return list(itertools.pairwise(edges))


class ChordDecoder(Decoder):
    """Returns ``chord``, and the heads as frames: ``tag``, ``pitch``, ``root`` and ``bass``.

    The confidence of a chord is the mean of its probability over its frames.

    Parameters
    ----------
    compat
        Count as crema does: the last chord ends one frame after the last frame, which may be
        after the sound's end, and means take in the frame after a chord. Otherwise the last
        chord ends with the sound, and means take in the chord's own frames only.
    stay
        Probability that a chord goes on from one frame to the next, in [1 / 170, 1].
    """

    def __init__(self, *, compat: bool = False, stay: float = _STAY) -> None:
        if not 1 / len(LABELS) <= stay <= 1:
            raise ValidationError(f"'stay' must be in [1 / {len(LABELS)}, 1], got {stay!r}")
        self.compat, self.stay = compat, stay

    def __call__(
        self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float
    ) -> Prediction:
        """Return the chords of one signal, whose heads are the only row."""
        heads = {name: _only_row(outputs, f"chord_{name}") for name in _HEADS}
        start, hop = float(starts[0]), HOP_LENGTH / RATE
        frames = {name: Frames(heads[name], hop, start, labels) for name, labels in _HEADS.items()}
        chord = self._chords(heads["tag"], heads["bass"], start, end)
        return Prediction({"chord": chord, **frames})

    def _chords(
        self, tag: NDArray[np.float32], bass: NDArray[np.float32], start: float, end: float
    ) -> Annotation:
        path = viterbi_loop(tag, stay=self.stay)
        spans = segments(path)
        edges = np.array([first for first, _ in spans] + [len(path) + self.compat])
        times = edges * HOP_LENGTH / RATE
        values, confidence = [], []
        for (first, last), since, until in zip(spans, times[:-1], times[1:], strict=True):
            counted = heard = slice(first, last)
            if self.compat:
                counted = _counted_by_crema(since, until)
                heard = _counted_by_crema(since, since + (until - since))  # JAMS has durations
            state = int(path[first])
            values.append(inverted(LABELS[state], _bass_of(bass[heard])))
            confidence.append(tag[counted, state].mean())
        times += start
        if not self.compat:
            times[-1] = end
            times = np.minimum(times, end)
        intervals = np.stack([times[:-1], times[1:]], axis=1)
        return Annotation("chord", intervals, values, np.array(confidence, np.float32))


def _only_row(outputs: Tensors, name: str) -> NDArray[np.float32]:
    head = outputs[name]
    if head.ndim != 3 or len(head) != 1 or head.shape[1] == 0:
        raise ValidationError(f"{name!r} must have shape (1, t, labels), got {head.shape}")
    row: NDArray[np.float32] = head[0]
    return row


def _bass_of(bass: NDArray[np.float32]) -> int:
    """Return the bass of a segment: the one of the largest geometric mean over its frames."""
    logs = np.log(np.maximum(bass, np.finfo(np.float32).tiny))
    return int(logs.mean(axis=0).argmax())


def _counted_by_crema(start: float, end: float) -> slice:
    """Return the frames that crema counts to a segment: rounded down, and the last one too."""
    return slice(int(start * RATE) // HOP_LENGTH, int(end * RATE) // HOP_LENGTH + 1)
