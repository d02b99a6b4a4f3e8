"""Several models run one after the other as one: the session made of sessions.

The model file is TOML, ``NAME.chain``. Each step is a model file beside it; it takes what the
step before it gave, and its output is a head of the chain under its name::

    [[step]]
    name = "embedding"
    file = "embedding.tflite"

    [[step]]
    name = "classes"
    file = "classifier.tflite"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .errors import ManifestError, ValidationError
from .files import is_inside, shown
from .plugins import registry
from .stages import Backend, Session, TensorSpec
from .values import Tensors

__all__ = ["Chain", "ChainBackend", "files"]


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    file: str

    @property
    def backend(self) -> str:
        return Path(self.file).suffix[1:].lower()


class ChainBackend:
    """Loads ``.chain`` files; each step is loaded by the backend that bears its file's suffix."""

    def load(self, path: Path, /, *, device: str = "cpu", threads: int | None = None) -> Session:
        """Return the session of the whole chain.

        Raises
        ------
        ManifestError
            If the file does not describe a chain.
        """
        sessions = {}
        for step in _steps(path):
            backend: Backend = registry().find("backend", step.backend).load()()
            sessions[step.name] = backend.load(
                path.parent / step.file, device=device, threads=threads
            )
        return Chain(sessions)


class Chain:
    """Sessions by name, each but the first fed with what the one before it gave.

    Raises
    ------
    ValidationError
        If a session has several outputs, or one after the first has several inputs.
    """

    def __init__(self, sessions: Mapping[str, Session]) -> None:
        for index, (name, session) in enumerate(sessions.items()):
            if len(session.outputs) != 1 or (index and len(session.inputs) != 1):
                raise ValidationError(
                    f"step {name!r} of a chain must have one input and one output, got "
                    f"{list(session.inputs)} and {list(session.outputs)}"
                )
        self._sessions = dict(sessions)
        each = list(sessions.values())
        self._feeds = dict(zip(sessions, [*(s.inputs for s in each[1:]), {}], strict=True))
        self.inputs: Mapping[str, TensorSpec] = each[0].inputs
        self.outputs: Mapping[str, TensorSpec] = {
            name: next(iter(s.outputs.values())) for name, s in sessions.items()
        }
        self.concurrent = all(session.concurrent for session in each)

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the output of every step, by the step's name."""
        outputs: dict[str, NDArray[Any]] = {}
        given = feeds
        for name, session in self._sessions.items():
            (outputs[name],) = session.run(given).values()
            given = dict.fromkeys(self._feeds[name], outputs[name])
        return outputs


def files(path: Path) -> list[Path]:
    """Return the model files that a chain is made of."""
    return [path.parent / step.file for step in _steps(path)]


def _steps(path: Path) -> Sequence[_Step]:
    where = shown(path)
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("step")
    except (OSError, ValueError) as error:
        raise ManifestError(f"{where} is not a chain: {error}") from error
    if not isinstance(told, list) or not told:
        raise ManifestError(f"{where} is not a chain: expected one [[step]] or more")
    try:
        steps = [_Step(**step) for step in told]
    except TypeError as error:
        raise ManifestError(f"{where}: a step has 'name' and 'file', got {told}") from error
    for step in steps:
        if not isinstance(step.file, str) or not is_inside(step.file):
            raise ManifestError(f"{where}: file {step.file!r} must be a path inside the folder")
        if step.backend == "chain":
            raise ManifestError(f"{where}: a chain holds no chains, got {step.file!r}")
    if len({step.name for step in steps}) < len(steps):
        raise ManifestError(f"{where}: two steps bear one name, {[s.name for s in steps]}")
    return steps
