"""``model.json``: what a model folder says of itself, readable without any ML import.

The fields are published as JSON Schema in ``model.schema.json`` beside this file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ..errors import ManifestError
from ..files import is_inside
from ..options import Option
from ..stages import ModelSpec

__all__ = ["MANIFEST", "SCHEMA_VERSION", "FileEntry", "Golden", "Manifest", "Part", "Runtime"]

MANIFEST = "model.json"
SCHEMA_VERSION = 1
_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_VERSION = re.compile(r"[A-Za-z0-9]+([._+-][A-Za-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """A component by name, and the keyword arguments that it is made with."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runtime:
    """One form of the model: the backend that runs ``file``, and how far it is from the first."""

    backend: str
    file: str
    precision: str = "float32"
    parity: float | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a file of the folder must be."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Golden:
    """The self-test: noise of ``seed`` in, ``expected`` samples of each output out."""

    seed: int
    expected: Mapping[str, list[float]]
    tolerance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of ``model.json``.

    A model is made of ``extractor``, ``runtimes`` and ``decoder``, or by one ``builder``: an
    estimator or generator component called with the folder and the manifest.
    ``variants`` names overrides of the parameters of the stages; ``options`` are the parameters
    that a caller may set at each call.
    """

    kind: Literal["estimator", "generator"] = "estimator"
    name: str
    version: str
    task: str
    license: str
    source: str = ""
    description: str = ""
    rate: int | None = None
    channels: int | None = 1
    extractor: Part | None = None
    decoder: Part | None = None
    builder: Part | None = None
    runtimes: tuple[Runtime, ...] = ()
    variants: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    streaming: bool = False
    batching: Literal["rows", "none"] = "none"
    answers: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    golden: Golden | None = None

    def __post_init__(self) -> None:
        _match("name", self.name, _NAME, "lower-case letters, digits, '.', '_', '-'")
        _match("version", self.version, _VERSION, "letters, digits, '.', '_', '+', '-'")
        if not self.license:
            raise ManifestError("'license' must name the licence of the weights (SPDX)")
        if self.kind not in ("estimator", "generator"):
            raise ManifestError(f"'kind' must be estimator or generator, got {self.kind!r}")
        if self.batching not in ("rows", "none"):
            raise ManifestError(f"'batching' must be rows or none, got {self.batching!r}")
        stages = (self.extractor, self.decoder, self.runtimes)
        if any(stages) if self.builder else not all(stages):
            raise ManifestError(
                "a model needs either 'extractor', 'runtimes' and 'decoder', or a 'builder'"
            )
        for name in [*self.files, *(r.file for r in self.runtimes)]:
            _check_relative(name)
        for name, entry in self.files.items():
            _match(f"files.{name}.sha256", entry.sha256, _SHA256, "64 hexadecimal digits")

    @property
    def spec(self) -> ModelSpec:
        """Return what a caller may know of the model, run by the first of its runtimes."""
        return self.spec_of(self.runtimes[0] if self.runtimes else None)

    def spec_of(self, runtime: Runtime | None) -> ModelSpec:
        """Return what a caller may know of the model as one runtime runs it."""
        shared = {f.name for f in fields(ModelSpec)} & {f.name for f in fields(self)}
        return ModelSpec(
            weights=self._weights(runtime),
            manifest=hashlib.sha256(self.to_json().encode()).hexdigest(),
            precision=runtime.precision if runtime else "",
            **{name: getattr(self, name) for name in shared},
        )

    def _weights(self, runtime: Runtime | None) -> str:
        if runtime and runtime.backend == "chain":  # the file names the weights
            hashes = sorted(entry.sha256 for entry in self.files.values())
            return hashlib.sha256("".join(hashes).encode()).hexdigest() if hashes else ""
        entry = self.files.get(runtime.file if runtime else next(iter(self.files), ""))
        return entry.sha256 if entry else ""

    def part(self, stage: Literal["extractor", "decoder"], variant: str | None = None) -> Part:
        """Return a stage with the parameters of a variant put over its own.

        Raises
        ------
        ManifestError
            If the model has no such stage or no such variant.
        """
        part: Part | None = getattr(self, stage)
        if part is None:
            raise ManifestError(f"model {self.name!r} has no {stage}")
        if variant is None:
            return part
        if variant not in self.variants:
            known = ", ".join(self.variants) or "none"
            raise ManifestError(f"model {self.name!r} has no variant {variant!r} (it has: {known})")
        return Part(part.name, {**part.params, **self.variants[variant].get(stage, {})})

    def to_json(self) -> str:
        """Return the text of ``model.json``."""
        from .wire import plain

        return json.dumps(plain(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = MANIFEST) -> Manifest:
        """Return the manifest in a text.

        Raises
        ------
        ManifestError
            If it is not JSON, is of a newer schema, or a field is missing or wrong.
        """
        from .wire import parsed

        try:
            return parsed(json.loads(text))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ManifestError(f"{where} is not JSON: {error}") from error
        except ManifestError as error:
            raise ManifestError(f"{where}: {error}") from error

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a model folder."""
        path = folder / MANIFEST
        try:
            return cls.from_json(path.read_bytes(), where=str(path))
        except OSError as error:
            raise ManifestError(f"{folder} is not a model folder: {error}") from error


def _match(name: str, value: object, pattern: re.Pattern[str], meaning: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ManifestError(f"{name!r} must be {meaning}, got {value!r}")


def _check_relative(name: str) -> None:
    if not is_inside(name):
        raise ManifestError(f"file {name!r} must be a relative path inside the model folder")
