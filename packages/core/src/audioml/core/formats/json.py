"""Everything an analysis holds, as plain JSON.

::

    {"audioml": VERSION,
     "recording": {"duration", "title", "artist", "release", "identifiers", "sha256"},
     "estimators": {ESTIMATOR: {ENTRY: annotation or frames}}}

An annotation is ``{"kind": "annotation", "namespace", "source", "data"}``; each item of ``data``
has ``start`` and ``end`` in seconds, ``value``, ``confidence`` and ``attributes``. Frames are
``{"kind": "frames", "hop", "start", "labels", "shape", "dtype", "source", "values"}``, ``hop`` in
seconds.
A source is ``{"name", "version", "weights"}``, ``weights`` being their SHA-256. What is not a
finite number is null.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..analysis import Analysis, Recording
from ..errors import ValidationError
from ..values import Annotation, Frames, Prediction, Source
from .events import confidence, extras, plain
from .format import Format

__all__ = ["JSON", "decode", "encode", "entry", "read_entry"]

_CHUNK = 1 << 16  # numbers spelled at a time: about 8 MB


def encode(analysis: Analysis) -> bytes:
    """Return the whole analysis as JSON."""
    file = io.BytesIO()
    file.writelines(_document(analysis))
    file.write(b"\n")
    return file.getvalue()


def decode(data: bytes | str) -> Analysis:
    """Return the analysis that `encode` wrote; what was not a finite number is NaN.

    Raises
    ------
    ValidationError
        If it is no such document.
    """
    try:
        tree = json.loads(data)
        predictions = {
            estimator: Prediction({name: read_entry(about) for name, about in entries.items()})
            for estimator, entries in tree["estimators"].items()
        }
        return Analysis(Recording(**tree["recording"]), predictions)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValidationError(f"this is no analysis as JSON: {error!r}") from error


def _document(analysis: Analysis) -> Iterator[bytes]:
    estimators = (
        (estimator, _object((entry, _value(value)) for entry, value in prediction.items()))
        for estimator, prediction in analysis.predictions.items()
    )
    return _object(
        (
            ("audioml", _text(__version__)),
            ("recording", _text(_recording(analysis.recording))),
            ("estimators", _object(estimators)),
        )
    )


def _object(members: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a JSON object piece by piece, each value being pieces itself."""
    yield b"{"
    for index, (name, pieces) in enumerate(members):
        yield b", " if index else b""
        yield from _text(name)
        yield b": "
        yield from pieces
    yield b"}"


def _text(value: Any) -> Iterator[bytes]:
    yield json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _recording(recording: Recording) -> dict[str, Any]:
    return {
        "duration": plain(recording.duration),
        "title": recording.title,
        "artist": recording.artist,
        "release": recording.release,
        "identifiers": dict(recording.identifiers),
        "sha256": recording.sha256,
    }


def entry(value: Frames | Annotation) -> bytes:
    """Return one entry of a prediction as JSON."""
    return b"".join(_value(value))


def _value(value: Frames | Annotation) -> Iterator[bytes]:
    return _frames(value) if isinstance(value, Frames) else _text(_annotation(value))


def _frames(frames: Frames) -> Iterator[bytes]:
    about = {
        "kind": "frames",
        "hop": frames.hop,
        "start": frames.start,
        "labels": list(frames.labels),
        "shape": list(frames.values.shape),
        "dtype": frames.values.dtype.name,
        "source": _source(frames.source),
    }
    members = [(name, _text(value)) for name, value in about.items()]
    return _object([*members, ("values", _numbers(frames.values))])


def _numbers(values: NDArray[Any]) -> Iterator[bytes]:
    """Yield an array a few rows at a time: an hour of frames as Python numbers takes 1 GB."""
    if values.dtype.kind in "iub":
        yield from _text(values.tolist())
        return
    if values.dtype.kind != "f" or values.dtype.itemsize > 8:
        yield from _text(plain(values))
        return
    rows = max(1, _CHUNK // max(1, values[:1].size))
    yield b"["
    for at in range(0, len(values), rows):
        chunk = values[at : at + rows]
        text = chunk.astype(np.bytes_)  # the shortest decimals that read back as the same number
        text[~np.isfinite(chunk)] = b"null"
        yield b", " if at else b""
        yield _listed(text)[1:-1]
    yield b"]"


def _listed(text: NDArray[np.bytes_]) -> bytes:
    items = text.tolist() if text.ndim == 1 else map(_listed, text)
    return b"[" + b", ".join(items) + b"]"


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


def read_entry(about: Mapping[str, Any]) -> Frames | Annotation:
    """Return the entry of a prediction that `entry` wrote, once it is parsed."""
    source = Source(**about["source"]) if about["source"] else None
    if about["kind"] == "frames":
        shape, dtype = tuple(about["shape"]), np.dtype(about["dtype"])
        # by way of float64, in which null becomes NaN; whole numbers stay whole
        values = np.array(about["values"], np.float64 if dtype.kind == "f" else None)
        values = values.astype(dtype).reshape(shape)
        return Frames(values, about["hop"], about["start"], tuple(about["labels"]), source)
    events = about["data"]
    sure = [event["confidence"] for event in events]
    names = events[0]["attributes"] if events else {}
    return Annotation(
        about["namespace"],
        np.array([[event["start"], event["end"]] for event in events], np.float64).reshape(-1, 2),
        [event["value"] for event in events],
        None if all(each is None for each in sure) else np.array(sure, np.float32),
        {name: np.array([event["attributes"][name] for event in events]) for name in names},
        source,
    )


def _source(source: Source | None) -> dict[str, str] | None:
    if source is None:
        return None
    return {"name": source.name, "version": source.version, "weights": source.weights}


JSON = Format(".json", encode, "application/json")
