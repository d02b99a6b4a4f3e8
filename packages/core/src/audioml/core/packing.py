"""Predictions as bytes and back, exact and without pickle: for caches and between processes."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .values import Annotation, Frames, Prediction, Source

__all__ = ["packed", "unpacked"]


def packed(prediction: Prediction, duration: float) -> bytes:
    """Return a prediction, and the length of the recording in seconds, as bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    entries = []
    for index, (name, value) in enumerate(prediction.items()):
        about: dict[str, Any] = {
            "name": name,
            "source": asdict(value.source) if value.source else None,
        }
        if isinstance(value, Frames):
            arrays[f"{index}.values"] = value.values
            about |= {"hop": value.hop, "start": value.start, "labels": value.labels}
        else:
            arrays[f"{index}.intervals"] = value.intervals
            if value.confidence is not None:
                arrays[f"{index}.confidence"] = value.confidence
            arrays |= {f"{index}.attributes.{k}": a for k, a in value.attributes.items()}
            about |= {"namespace": value.namespace, "values": value.values}
        entries.append(about)
    header = json.dumps({"duration": duration, "entries": entries}).encode()
    arrays["header"] = np.frombuffer(header, np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpacked(data: bytes) -> tuple[Prediction, float]:
    """Return what `packed` was given, exactly.

    Raises
    ------
    Exception
        Whatever numpy, zipfile or json raise for bytes that are no such thing.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        header = json.loads(arrays["header"].tobytes())
        values = {
            about["name"]: _entry(f"{index}.", about, arrays)
            for index, about in enumerate(header["entries"])
        }
    return Prediction(values), float(header["duration"])


def _entry(prefix: str, about: dict[str, Any], arrays: Any) -> Frames | Annotation:
    source = Source(**about["source"]) if about["source"] else None
    if "hop" in about:
        values = arrays[prefix + "values"]
        return Frames(values, about["hop"], about["start"], tuple(about["labels"]), source)
    attributes = prefix + "attributes."
    confidence = prefix + "confidence"
    return Annotation(
        about["namespace"],
        arrays[prefix + "intervals"],
        about["values"],
        arrays.get(confidence),
        {k.removeprefix(attributes): arrays[k] for k in arrays if k.startswith(attributes)},
        source,
    )
