"""Keeps predictions, so that a recording is analysed once by each model and options."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import write_bytes
from audioml.core.plugins import registry
from audioml.core.stages import ModelSpec
from audioml.core.values import Annotation, Frames, Prediction, Source

__all__ = ["Cache"]


def _limit() -> int:
    given = os.environ.get("AUDIOML_CACHE_MB", "2000")
    if not given.isdecimal() or int(given) == 0:
        raise UsageError(f"AUDIOML_CACHE_MB must be a whole number of megabytes, got {given!r}")
    return int(given) << 20


class Cache:
    """Predictions by the hash of the audio file, the model, its version and its variant."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._limit = _limit()

    def get(self, key: str) -> tuple[Prediction, float] | None:
        """Return a prediction and the recording's duration in seconds; None where not kept."""
        try:
            return _decoded(self._path(key).read_bytes())
        except Exception:  # noqa: BLE001 - whatever is wrong with an entry, it is made anew
            return None

    def put(self, key: str, prediction: Prediction, duration: float) -> None:
        """Keep a prediction; a cache that cannot be written is no failure."""
        try:
            write_bytes(self._path(key), _encoded(prediction, duration))
        except OutputError:
            return
        if key.startswith("0"):  # now and then, for looking through takes time
            self.trim(self._limit)

    def trim(self, limit: int) -> None:
        """Delete the oldest predictions until at most ``limit`` bytes are left."""
        files = []
        for path in self._folder.glob("*/*.npz"):
            with contextlib.suppress(OSError):  # another process trims too
                files.append((path, path.stat()))
        excess = sum(about.st_size for _, about in files) - limit
        for path, about in sorted(files, key=lambda f: f[1].st_mtime):
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            excess -= about.st_size

    @staticmethod
    def key(audio: str, spec: ModelSpec, variant: str | None) -> str:
        """Return the key of a recording (the SHA-256 of its file) and a model."""
        code = sorted((p.name, p.version) for p in registry().plugins)
        parts = [audio, spec.name, spec.version, spec.manifest, variant, code]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.npz"


def _encoded(prediction: Prediction, duration: float) -> bytes:
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


def _decoded(data: bytes) -> tuple[Prediction, float]:
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
