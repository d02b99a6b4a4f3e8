"""From the heads of windows to what is played."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import ValidationError
from audioml.core.stages import Decoder
from audioml.core.values import Annotation, Prediction, Tensors

from .decoding import Thresholds, decode_notes, decode_pedal
from .notes import KEYS
from .spectrum import FPS

__all__ = ["HEADS", "NoteDecoder", "joined"]

HEADS = ("onset", "offset", "frame", "velocity")


class NoteDecoder(Decoder):
    """Returns ``notes`` (``note_midi``, with velocities 1 to 127) and ``pedal``.

    The confidence of a note is the probability of its onset, that of a press the mean of its
    frames.

    Parameters
    ----------
    context
        Frames at both ends of each row that belong to its neighbours, as the extractor has it.
    hop
        Where rows overlap instead: frames from one to the next, see `joined`.
    fps
        Frames in a second.
    onset, offset, frame, pedal, steady
        See `Thresholds`.
    """

    def __init__(
        self,
        *,
        context: int = 64,
        hop: int | None = None,
        fps: float = FPS,
        onset: float = 0.4,
        offset: float = 0.1,
        frame: float = 0.05,
        pedal: float = 0.5,
        steady: float = 0.0,
    ) -> None:
        self._context, self._hop, self._fps = context, hop, fps
        self._thresholds = Thresholds(onset, offset, frame, pedal, steady)

    def __call__(
        self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float
    ) -> Prediction:
        """Return what is played in rows that follow each other."""
        start = float(starts[0]) if len(starts) else 0.0
        count = max(round((end - start) * self._fps), 0) + 1
        heads = [self._joined(outputs, name, KEYS)[:count] for name in HEADS]
        notes, confidence = decode_notes(*heads, fps=self._fps, thresholds=self._thresholds)
        spans = np.stack([notes.onset, notes.offset], axis=1) + start
        found = Annotation(
            "note_midi",
            np.minimum(spans, end),
            notes.pitch.tolist(),
            confidence,
            {"velocity": notes.velocity},
        )
        return Prediction({"notes": found, "pedal": self._pedal(outputs, start, end, count)})

    def _pedal(self, outputs: Tensors, start: float, end: float, count: int) -> Annotation:
        head = self._joined(outputs, "pedal", 3)[:count]
        pedal, sure = decode_pedal(head, fps=self._fps, thresholds=self._thresholds)
        spans = np.minimum(pedal.intervals + start, end)
        return Annotation("pedal", spans, [None] * len(pedal), sure)

    def _joined(self, outputs: Tensors, name: str, size: int) -> NDArray[np.float32]:
        """Return a head of the whole signal, float32, shape (frames, size)."""
        head = outputs[name]
        if head.ndim != 3 or head.shape[2] != size:
            raise ValidationError(f"{name!r} must have shape (rows, t, {size}), got {head.shape}")
        return np.asarray(joined(head, context=self._context, hop=self._hop), np.float32)


def joined(heads: NDArray[Any], /, *, context: int = 0, hop: int | None = None) -> NDArray[Any]:
    """Return a head of the whole signal, shape (frames, size).

    Parameters
    ----------
    heads
        Of its rows, in their order, shape (rows, t, size).
    context
        Frames at both ends of each row that are left out.
    hop
        Frames from the start of one row to that of the next, where rows overlap: a frame is then
        taken from the row in whose middle it is, as Kong et al. 2021 do with segments of 10 s.
    """
    _, length, size = heads.shape
    if hop is None:
        return heads[:, context : length - context].reshape(-1, size)
    after = (length + hop) // 2
    inner = heads[:, after - hop : after].reshape(-1, size)
    return np.concatenate([*heads[:1, : after - hop], inner, *heads[-1:, after:]])
