"""``manifest.json``: what is known of one run, in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NewType

from audioml.core.errors import NotFoundError
from audioml.core.files import shown, write_bytes

from .errors import RunManifestError

__all__ = [
    "MANIFEST",
    "SCHEMA_VERSION",
    "STATUSES",
    "Artifact",
    "Manifest",
    "RunId",
    "read_manifest",
    "write_manifest",
]

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
STATUSES = ("running", "completed", "failed", "interrupted")
_KEY = "audioml_run"  # by which the file is told from other files of its name
_TEXTS = ("id", "task", "status", "started", "folder")
_OBJECTS = ("metrics", "config", "checkpoints", "data", "libraries", "machine")
RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run made; ``path`` is below the folder of the run, with ``/``."""

    path: str
    kind: str
    media: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of ``manifest.json``.

    Times are ISO 8601 in UTC, ``seconds`` is between them. A metric that is None was not finite.
    ``model`` and ``checkpoints`` are paths below the folder of the run where they lie in it.
    ``config`` is resolved, with ``***`` for what looks like a credential. ``git`` is of the working
    directory; ``data`` has the hash of each set of data by its name in the configuration.
    """

    id: str
    task: str
    status: str
    started: str
    ended: str | None = None
    seconds: float | None = None
    error: str | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)
    model: str | None = None
    checkpoints: dict[str, str] = field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    git: dict[str, Any] | None = None
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    folder: str = ""

    def to_json(self) -> str:
        """Return the manifest as JSON that any reader takes, numbers as numbers."""
        about = {_KEY: SCHEMA_VERSION, **asdict(self)}
        return json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, name: str = MANIFEST) -> Manifest:
        """Return a manifest from its JSON; fields that this version does not know are left out.

        Raises
        ------
        RunManifestError
            If it is no manifest of a run, or one of a later schema; ``name`` is what it is called.
        """
        try:
            about = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RunManifestError(f"{name} is not JSON: {error}") from error
        if not isinstance(about, dict) or _KEY not in about:
            raise RunManifestError(f"{name} is not the manifest of a run: it has no {_KEY!r}")
        if about[_KEY] != SCHEMA_VERSION:
            raise RunManifestError(
                f"{name} has schema {about[_KEY]!r}, this version reads {SCHEMA_VERSION}: upgrade"
            )
        try:
            return cls(**_checked(about))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunManifestError(f"{name} is damaged: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write a manifest into the folder of its run, beside and renamed, and return its path.

    Raises
    ------
    OutputError
        If it cannot be written; what stood there stands.
    """
    path = folder / MANIFEST
    write_bytes(path, manifest.to_json().encode("utf-8", "replace"))
    return path


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the run in a folder, or of the file itself.

    Raises
    ------
    NotFoundError
        If there is none.
    RunManifestError
        If it is damaged, or of a later schema.
    """
    path = folder / MANIFEST if folder.is_dir() else folder
    try:
        return Manifest.from_json(path.read_bytes(), name=shown(path))
    except OSError as error:
        raise NotFoundError(f"no manifest of a run at {shown(path)}: {error.strerror}") from error


def _checked(about: Mapping[str, Any]) -> dict[str, Any]:
    known = {f.name for f in fields(Manifest)}
    found = {name: value for name, value in about.items() if name in known}
    wrong = [n for n in _TEXTS if n in found and not isinstance(found[n], str)]
    wrong += [n for n in _OBJECTS if not isinstance(found.get(n, {}), dict)]
    wrong += [f"metric {n!r}" for n, v in found.get("metrics", {}).items() if not _is_number(v)]
    if wrong or not found.get("id"):
        raise ValueError(f"{', '.join(wrong) or 'its id'} cannot be read")
    names = [f.name for f in fields(Artifact)]
    found["artifacts"] = tuple(
        Artifact(**{name: artifact[name] for name in names})
        for artifact in found.get("artifacts", [])
    )
    return found


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
