"""What the writers share: which annotations are segments, instants or notes, and plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..analysis import Analysis
from ..errors import OutputError
from ..values import Annotation

__all__ = [
    "INSTANTS",
    "NOTES",
    "USUAL_VELOCITY",
    "Named",
    "confidence",
    "covered",
    "extras",
    "is_pedal",
    "is_segments",
    "midi_pitches",
    "named",
    "plain",
    "require",
    "spelled",
    "velocities",
]

INSTANTS = frozenset({"beat", "beat_position", "onset"})
NOTES = frozenset({"note_hz", "note_midi"})
USUAL_VELOCITY = 80  # of a note of which nobody knows how loud it is
_PITCH_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Named(NamedTuple):
    """An annotation with the estimator it was asked from and its name in the prediction."""

    estimator: str
    entry: str
    annotation: Annotation


def named(analysis: Analysis) -> Iterator[Named]:
    """Yield every annotation with its names, in order."""
    for estimator, prediction in analysis.predictions.items():
        for entry, annotation in prediction.annotations.items():
            yield Named(estimator, entry, annotation)


def require(found: list[Named], wanted: str) -> list[Named]:
    """Return ``found`` where it is not empty.

    Raises
    ------
    OutputError
        If it is; the sentence names what was wanted.
    """
    if not found:
        raise OutputError(f"the analysis holds {wanted}; choose another format or estimator")
    return found


def is_pedal(n: Named) -> bool:
    """Tell whether an annotation is the stretches of time in which the sustain pedal is down."""
    return "pedal" in (n.entry, n.annotation.namespace)


def is_segments(annotation: Annotation) -> bool:
    """Tell whether an annotation divides time into labelled stretches, as chords do."""
    if annotation.namespace in INSTANTS | NOTES | {"tempo", "pedal"}:
        return False
    return all(isinstance(value, str) for value in annotation.values)


def midi_pitches(annotation: Annotation) -> NDArray[np.float64]:
    """Return the pitch of each note as a MIDI number, float64, shape (n,)."""
    return np.array([_midi_pitch(annotation, i) for i in range(len(annotation))], dtype=np.float64)


def _midi_pitch(annotation: Annotation, index: int) -> float:
    value = float(annotation.values[index])
    return (
        69 + 12 * math.log2(max(value, 1.0) / 440) if annotation.namespace == "note_hz" else value
    )


def velocities(annotation: Annotation) -> NDArray[np.int64] | None:
    """Return how loud each note is, int64, shape (n,), 1 to 127, or None where nothing says.

    They are the attribute ``velocity``: 0 to 127, or 0 to 1 where no float is above 1.
    """
    given = annotation.attributes.get("velocity")
    if given is None or given.ndim != 1 or given.dtype.kind not in "iuf":
        return None
    loud = given.astype(np.float64)
    if given.dtype.kind == "f" and not (loud > 1).any():
        loud *= 127
    return np.clip(np.rint(np.nan_to_num(loud, nan=USUAL_VELOCITY)), 1, 127).astype(np.int64)


def spelled(annotation: Annotation, index: int) -> str:
    """Return the value of one event as one line of text: a label, a note's name or a number."""
    value = annotation.values[index]
    if annotation.namespace in NOTES:
        pitch = round(_midi_pitch(annotation, index))
        return f"{_PITCH_NAMES[pitch % 12]}{pitch // 12 - 1}"
    value = plain(value)
    if isinstance(value, Mapping):
        value = value.get("position")
    if value is None:
        return annotation.namespace
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(text.split())


def confidence(annotation: Annotation, index: int) -> float | None:
    """Return the confidence of one event, or None where there is none."""
    if annotation.confidence is None:
        return None
    number = plain(annotation.confidence[index])
    return None if number is None else float(number)


def covered(annotation: Annotation, duration: float) -> float:
    """Return the share of ``duration``, in seconds, that lies in any interval, from 0 to 1."""
    spans = np.clip(annotation.intervals, 0, duration)
    starts, ends = spans[np.argsort(spans[:, 0])].T
    before = np.maximum.accumulate(np.append(0.0, ends))[:-1]
    inside = np.maximum(ends - np.maximum(starts, before), 0).sum()
    return float(inside / duration) if duration > 0 else 0.0


def extras(annotation: Annotation, index: int) -> dict[str, Any]:
    """Return the attributes of one event as plain values."""
    return {name: plain(array[index]) for name, array in annotation.attributes.items()}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: no numpy, and null for what is not a finite number.

    A float32 becomes the shortest decimal that reads back as the same float32.
    """
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.floating):
        value = float(str(value))
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
