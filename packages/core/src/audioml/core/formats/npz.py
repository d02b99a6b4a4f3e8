"""All frames and annotations as arrays, for numpy: ``np.load(path)`` reads it without pickle.

An array is named ``ESTIMATOR.ENTRY.PART``. The parts of frames are ``values``, ``times`` and
``hop`` (seconds), ``labels``; those of an annotation ``namespace``, ``intervals`` (seconds),
``values`` (numbers, NaN for none; or text), ``confidence`` and ``attributes.NAME``. Both have
``source``: the name, version and weights' hash of the model. ``recording.duration`` is in seconds.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis import Analysis
from ..errors import OutputError
from ..values import Annotation, Frames, Source
from .events import plain
from .format import Format

__all__ = ["NPZ", "encode"]

_Arrays = dict[str, NDArray[Any]]


def encode(analysis: Analysis) -> bytes:
    """Return every array of the analysis in one npz archive.

    Raises
    ------
    OutputError
        If no estimator gave anything, or gave an array of objects, which only pickle could hold.
    """
    arrays: _Arrays = {}
    for estimator, prediction in analysis.predictions.items():
        for entry, value in prediction.items():
            parts = _frames(value) if isinstance(value, Frames) else _annotation(value)
            parts["source"] = _source(value.source)
            arrays |= {f"{estimator}.{entry}.{part}": array for part, array in parts.items()}
    if not arrays:
        raise OutputError("the analysis holds no arrays; choose an estimator that answers")
    arrays["recording.duration"] = np.array(analysis.recording.duration)
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise OutputError(f"array {name!r} holds objects; npz takes numbers and text")
    file = io.BytesIO()
    # `allow_pickle=False` would become an array of that name under numpy < 2.1
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _frames(frames: Frames) -> _Arrays:
    return {
        "values": frames.values,
        "times": frames.times,
        "hop": np.array(frames.hop),
        "labels": np.array(frames.labels, dtype=str),
    }


def _annotation(annotation: Annotation) -> _Arrays:
    parts: _Arrays = {
        "namespace": np.array(annotation.namespace),
        "intervals": annotation.intervals,
        "values": _values(annotation.values),
    }
    if annotation.confidence is not None:
        parts["confidence"] = annotation.confidence
    return parts | {f"attributes.{name}": a for name, a in annotation.attributes.items()}


def _values(values: Any) -> NDArray[Any]:
    if all(v is None or isinstance(v, int | float) for v in values):
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    return np.array([v if isinstance(v, str) else json.dumps(plain(v)) for v in values], dtype=str)


def _source(source: Source | None) -> NDArray[np.str_]:
    return np.array([source.name, source.version, source.weights] if source else [], dtype=str)


NPZ = Format(".npz", encode, "application/x-npz")
