"""A model that can be followed by hand, for tests: the highest sample of each row.

It is a plugin of its own, whose backend ``tiny`` takes whatever an extractor gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ..errors import IntegrityError, ValidationError
from ..models.manifest import Manifest, Part, Runtime
from ..models.write import write_manifest
from ..plugins import Component, Registry, hookimpl
from ..stages import Session, TensorSpec
from ..values import Tensors

__all__ = ["TinyBackend", "components", "write_model"]

_RATE = 8000


class TinyBackend:
    """Loads ``{"gain": …}``: a session whose one output ``level`` is the largest of each row."""

    def load(self, path: Path, /, *, device: str = "cpu", threads: int | None = None) -> Session:
        """Return the session of a file.

        Raises
        ------
        IntegrityError
            If there is no such file, or it is not as above.
        """
        try:
            gain = float(json.loads(path.read_bytes())["gain"])
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise IntegrityError(f"{path} is not a tiny model: {error}") from error
        return _Peaks(gain)


class _Peaks:
    inputs: Mapping[str, TensorSpec] = {"audio": TensorSpec((None, None), "float32")}
    outputs: Mapping[str, TensorSpec] = {"level": TensorSpec((None, 1), "float32")}
    concurrent = True

    def __init__(self, gain: float) -> None:
        self._gain = np.float32(gain)

    def run(self, feeds: Tensors, /) -> Tensors:
        if len(feeds) != 1:
            raise ValidationError(f"a tiny model takes one input, got {list(feeds)}")
        (values,) = feeds.values()
        rows = np.abs(values).reshape(len(values), -1)
        return {"level": self._gain * rows.max(axis=1, keepdims=True, initial=0.0)}


@hookimpl
def components() -> Iterator[Component]:
    """Return the backend."""
    yield Component("backend", "tiny", f"{__name__}:TinyBackend", "the largest number of each row")


def write_model(
    folder: Path,
    *,
    name: str = "tiny",
    version: str = "1",
    rate: int = _RATE,
    extractor: Part | None = None,
    decoder: Part | None = None,
    plugins: Registry | None = None,
) -> Path:
    """Write a whole model folder, with hashes and a self-test, and return it.

    Parameters
    ----------
    rate
        Hz.
    extractor, decoder
        Stages to be tried in it; else windows of samples of half a second, and ``level`` as it is.
    plugins
        Where they are looked up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gain.json").write_text('{"gain": 2.0}', encoding="utf-8")
    manifest = Manifest(
        name=name,
        version=version,
        task="loudness",
        license="CC0-1.0",
        description="the largest sample of each half second, doubled",
        rate=rate,
        extractor=extractor or Part("pcm", {"rate": rate, "window": 0.5}),
        decoder=decoder or Part("windows", {"hop": 0.5, "names": {"level": "level"}}),
        runtimes=(Runtime("tiny", "gain.json"),),
        streaming=True,
        batching="rows",
    )
    write_manifest(folder, manifest, plugins=plugins)
    return folder
