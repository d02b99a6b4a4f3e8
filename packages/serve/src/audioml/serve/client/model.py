"""What a server says of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from audioml.core.errors import WorkerError

__all__ = ["Model", "Option"]


@dataclass(frozen=True, slots=True)
class Option:
    """What a caller may set for each request.

    ``type`` is ``number``, ``integer``, ``string`` or ``boolean``; ``minimum`` and ``maximum``
    are None where there is no bound.
    """

    type: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that a server offers.

    ``kind`` is ``estimator`` or ``generator``. ``rate`` is in Hz; it and ``channels`` are what the
    model works at, the server takes any. ``answers`` are the formats in which it can answer,
    ``metrics`` how well it does by name.
    """

    name: str
    version: str = ""
    kind: str = "estimator"
    task: str = ""
    description: str = ""
    license: str = ""
    source: str = ""
    rate: int | None = None
    channels: int | None = None
    streaming: bool = False
    batching: str = "none"
    answers: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    precision: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)

    @classmethod
    def read(cls, tree: Any) -> Model:
        """Return the model of a decoded JSON object; members that are not known are passed over.

        Raises
        ------
        WorkerError
            If it has no name.
        """
        if not isinstance(tree, dict) or not isinstance(tree.get("name"), str):
            raise WorkerError(f"expected a model with a name from the server, got {tree!r:.200}")
        told = {name: value for name, value in tree.items() if value is not None}
        given = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        given["answers"] = tuple(given.get("answers", ()))
        given["metrics"] = MappingProxyType(dict(given.get("metrics", {})))
        options = given.get("options", {})
        given["options"] = MappingProxyType({name: _option(o) for name, o in options.items()})
        return cls(**given)


def _option(tree: Mapping[str, Any]) -> Option:
    known = {name: tree[name] for name in Option.__dataclass_fields__ if name in tree}
    return Option(**{**known, "choices": tuple(tree.get("choices") or ())})
