"""Labels out of JAMS files (Humphrey et al. 2014), which are JSON, without their library.

Notes come from ``note_midi``, ``note_hz`` and ``pitch_midi``-like namespaces, classes from
``tag_*``, and all else becomes segments. Of several annotations of one namespace the first counts;
but those of notes are parts of one whole where each names another source, as the six strings of
GuitarSet do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from audioml.core.errors import ValidationError

from .labels import Labels

__all__ = ["decode"]

_NOTES = ("note_midi", "note_hz", "pitch_midi", "pitch_hz")
_Annotation = tuple[list[tuple[float, float, Any]], Any]
_USUAL = 64  # the velocity of a note of which nothing is known


def decode(data: bytes, /) -> Labels:
    """Return what a JAMS file says.

    Raises
    ------
    ValidationError
        If it is not one.
    """
    try:
        tree = json.loads(data)
        found: dict[str, list[_Annotation]] = {}
        for annotation in tree["annotations"]:
            rows = list(_observations(annotation["data"]))
            found.setdefault(str(annotation["namespace"]), []).append((rows, annotation))
        return _labels(found)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, ValidationError):
            raise
        raise ValidationError(f"expected a JAMS file: {type(error).__name__}: {error}") from error


def _labels(found: dict[str, list[_Annotation]]) -> Labels:
    notes: list[tuple[float, float, float, float]] = []
    segments: list[tuple[float, float, str, str]] = []
    classes: list[str] = []
    source = next((name for name in _NOTES if name in found), None)
    for namespace, given in found.items():
        rows = given[0][0]
        if namespace == source:
            for part in _parts(given):
                notes += _notes(part, namespace)
        elif namespace.startswith("tag_"):
            classes += [str(value) for _, _, value in rows]
        elif namespace not in _NOTES:
            segments += [(start, end, _text(value), namespace) for start, end, value in rows]
    return Labels.of(notes=notes, segments=segments, classes=dict.fromkeys(classes))


def _parts(annotations: list[_Annotation]) -> list[_Annotation]:
    about = [(each.get("annotation_metadata") or {}) for _, each in annotations]
    sources = [each.get("data_source") for each in about]
    apart = all(sources) and len(set(sources)) == len(sources)
    return annotations if apart else annotations[:1]


def _notes(part: _Annotation, namespace: str) -> Iterator[tuple[float, float, float, float]]:
    rows, about = part
    for (start, end, value), velocity in zip(rows, _velocities(about, len(rows)), strict=True):
        yield start, end, _pitch(value, namespace), velocity


def _observations(data: Any) -> Iterator[tuple[float, float, Any]]:
    """Yield start, end and value; dense annotations are kept by column."""
    if isinstance(data, Mapping):
        columns = (data["time"], data["duration"], data["value"])
        rows: Iterable[Any] = zip(*columns, strict=True)
    else:
        rows = ((row["time"], row["duration"], row["value"]) for row in data)
    for start, duration, value in rows:
        yield float(start), float(start) + float(duration or 0.0), value


def _velocities(annotation: Any, count: int) -> list[float]:
    given = (annotation.get("sandbox") or {}).get("velocity")
    if not isinstance(given, list) or len(given) != count:
        return [_USUAL] * count
    loud = [float(each) for each in given]
    return [each * 127 for each in loud] if max(loud, default=0) <= 1 else loud


def _pitch(value: Any, namespace: str) -> float:
    number = float(value)
    return 69 + 12 * math.log2(max(number, 1e-3) / 440) if namespace.endswith("hz") else number


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
