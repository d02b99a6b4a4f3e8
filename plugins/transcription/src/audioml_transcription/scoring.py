"""How right a transcription is: mir_eval's scores for notes, frames and pedal.

A note is right if its pitch is and its onset is within 50 ms; with offsets, if that is within
50 ms or a fifth of the note's length too; with velocities, if that is within a tenth after the
estimate's are scaled to the reference's (Hawthorne et al. 2018). Presses of the pedal are matched
as notes of one pitch, onsets within 0.2 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import MissingDependencyError

from .notes import Notes, Pedal
from .targets import targets

__all__ = ["mean_scores", "note_score", "note_scores", "pedal_scores"]

_FPS = 50.0


def note_scores(reference: Notes, estimate: Notes) -> dict[str, float]:
    """Return F1 of onsets, with offsets, with velocities too, and of frames; P and R of onsets.

    Two empty transcriptions agree: 1.

    Raises
    ------
    MissingDependencyError
        If mir_eval is not installed.
    """
    if not len(reference) or not len(estimate):
        same = float(len(reference) == len(estimate))
        return dict.fromkeys(
            ("onset", "onset_precision", "onset_recall", "offset", "velocity", "frame"), same
        )
    mir_eval = _mir_eval()
    ours, theirs = _spans(reference), _spans(estimate)
    hertz, other = _hertz(reference), _hertz(estimate)
    loose = mir_eval.transcription.precision_recall_f1_overlap(
        ours, hertz, theirs, other, offset_ratio=None
    )
    strict = mir_eval.transcription.precision_recall_f1_overlap(ours, hertz, theirs, other)
    loud = mir_eval.transcription_velocity.precision_recall_f1_overlap(
        ours, hertz, reference.velocity, theirs, other, estimate.velocity
    )
    return {
        "onset": float(loose[2]),
        "onset_precision": float(loose[0]),
        "onset_recall": float(loose[1]),
        "offset": float(strict[2]),
        "velocity": float(loud[2]),
        "frame": _frame_score(reference, estimate),
    }


def note_score(reference: Notes, estimate: Notes, *, offsets: bool) -> float:
    """Return F1 of onsets, or with offsets; `note_scores` has it among others."""
    if not len(reference) or not len(estimate):
        return float(len(reference) == len(estimate))
    found = _mir_eval().transcription.precision_recall_f1_overlap(
        _spans(reference),
        _hertz(reference),
        _spans(estimate),
        _hertz(estimate),
        offset_ratio=0.2 if offsets else None,
    )
    return float(found[2])


def pedal_scores(reference: Pedal, estimate: Pedal) -> dict[str, float]:
    """Return F1 of the pedal's presses, and with their releases."""
    if not len(reference) or not len(estimate):
        same = float(len(reference) == len(estimate))
        return {"pedal": same, "pedal_offset": same}
    score = _mir_eval().transcription.precision_recall_f1_overlap
    ones = np.ones(len(reference)), np.ones(len(estimate))
    spans = _lasting(reference.intervals), _lasting(estimate.intervals)
    values = [
        score(spans[0], ones[0], spans[1], ones[1], onset_tolerance=0.2, offset_ratio=ratio)[2]
        for ratio in (None, 0.2)
    ]
    return {"pedal": float(values[0]), "pedal_offset": float(values[1])}


def mean_scores(scores: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each score over pieces."""
    found = list(scores)
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def _mir_eval() -> Any:
    try:
        import mir_eval  # type: ignore[import-untyped,unused-ignore]
        import mir_eval.transcription_velocity  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingDependencyError(
            "mir_eval is not installed: pip install 'audioml-transcription[train]'"
        ) from error
    return mir_eval


def _lasting(spans: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([spans[:, 0], np.maximum(spans[:, 1], spans[:, 0] + 1e-3)], axis=1)


def _spans(notes: Notes) -> NDArray[np.float64]:
    return _lasting(np.stack([notes.onset, notes.offset], axis=1))


def _hertz(notes: Notes) -> NDArray[np.float64]:
    return np.asarray(440.0 * 2.0 ** ((notes.pitch - 69) / 12))


def _frame_score(reference: Notes, estimate: Notes) -> float:
    frames = int(max(reference.end, estimate.end) * _FPS) + 2
    one, other = (
        targets(notes, Pedal.none(), frames=frames, fps=_FPS).frame > 0
        for notes in (reference, estimate)
    )
    both, all_ = float((one & other).sum()), float(one.sum() + other.sum())
    return 2 * both / all_ if all_ else 1.0
