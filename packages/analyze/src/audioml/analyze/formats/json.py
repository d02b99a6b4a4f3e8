"""Everything an analysis holds, as plain JSON.

::

    {"audioml": VERSION,
     "recording": {"duration", "title", "artist", "release", "identifiers", "sha256"},
     "estimators": {ESTIMATOR: {ENTRY: annotation or frames}}}

An annotation is ``{"kind": "annotation", "namespace", "source", "data"}``; each item of ``data``
has ``start`` and ``end`` in seconds, ``value``, ``confidence`` and ``attributes``. Frames are
``{"kind": "frames", "hop", "start", "labels", "shape", "source", "values"}``, ``hop`` in seconds.
A source is ``{"name", "version", "weights"}``, ``weights`` being their SHA-256. What is not a
finite number is null.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core import __version__
from audioml.core.values import Annotation, Frames, Source

from ..analysis import Analysis
from ._events import confidence, extras, plain
from .format import Format

__all__ = ["JSON", "document", "encode"]


def encode(analysis: Analysis) -> bytes:
    """Return the whole analysis as JSON."""
    return json.dumps(document(analysis), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def document(analysis: Analysis) -> dict[str, Any]:
    """Return the whole analysis as a tree of plain values."""
    recording = analysis.recording
    return {
        "audioml": __version__,
        "recording": {
            "duration": plain(recording.duration),
            "title": recording.title,
            "artist": recording.artist,
            "release": recording.release,
            "identifiers": dict(recording.identifiers),
            "sha256": recording.sha256,
        },
        "estimators": {
            estimator: {entry: _value(value) for entry, value in prediction.items()}
            for estimator, prediction in analysis.predictions.items()
        },
    }


def _value(value: Frames | Annotation) -> dict[str, Any]:
    return _frames(value) if isinstance(value, Frames) else _annotation(value)


def _frames(frames: Frames) -> dict[str, Any]:
    return {
        "kind": "frames",
        "hop": frames.hop,
        "start": frames.start,
        "labels": list(frames.labels),
        "shape": list(frames.values.shape),
        "source": _source(frames.source),
        "values": _numbers(frames.values),
    }


def _numbers(values: NDArray[Any]) -> Any:
    if values.dtype.kind == "f" and np.isfinite(values).all():  # as `plain` does, all at once
        return values.astype(str).astype(np.float64).tolist()
    return plain(values)


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "kind": "annotation",
        "namespace": annotation.namespace,
        "source": _source(annotation.source),
        "data": [_event(annotation, i) for i in range(len(annotation))],
    }


def _event(annotation: Annotation, index: int) -> dict[str, Any]:
    start, end = annotation.intervals[index].tolist()
    return {
        "start": start,
        "end": end,
        "value": plain(annotation.values[index]),
        "confidence": confidence(annotation, index),
        "attributes": extras(annotation, index),
    }


def _source(source: Source | None) -> dict[str, str] | None:
    if source is None:
        return None
    return {"name": source.name, "version": source.version, "weights": source.weights}


JSON = Format(".json", encode)
