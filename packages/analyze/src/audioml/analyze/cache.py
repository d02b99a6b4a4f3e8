"""Keeps predictions, so that a recording is analysed once by each model and options."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import write_bytes
from audioml.core.packing import packed, unpacked
from audioml.core.plugins import registry
from audioml.core.stages import ModelSpec
from audioml.core.values import Prediction

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
            return unpacked(self._path(key).read_bytes())
        except Exception:  # noqa: BLE001 - whatever is wrong with an entry, it is made anew
            return None

    def put(self, key: str, prediction: Prediction, duration: float) -> None:
        """Keep a prediction; a cache that cannot be written is no failure."""
        try:
            write_bytes(self._path(key), packed(prediction, duration))
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
