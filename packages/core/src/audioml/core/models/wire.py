"""Between `Manifest` and the plain objects of ``model.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..errors import ManifestError
from .manifest import SCHEMA_VERSION, FileEntry, Golden, Manifest, Part, Runtime

__all__ = ["parsed", "plain"]


def plain(manifest: Manifest) -> dict[str, Any]:
    """Return what ``model.json`` holds; fields that say nothing are left out."""
    data: dict[str, Any] = {"schema": SCHEMA_VERSION}
    for each in fields(manifest):
        value = getattr(manifest, each.name)
        if each.name == "rate":
            data["audio"] = {"rate": value, "channels": manifest.channels}
        elif each.name != "channels" and value not in (None, (), {}, ""):
            data[each.name] = _plain_value(value)
    return data


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain_value(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _plain_value(v) for k, v in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain_value(getattr(value, f.name)) for f in fields(value)}
    return value


def parsed(data: Any) -> Manifest:
    """Return the manifest that plain objects describe.

    Raises
    ------
    ManifestError
        If they are of a newer schema, or a field is unknown, missing or wrong.
    """
    data = dict(_typed("model.json", data, dict))
    _check_schema(data.pop("schema", None))
    audio = _record("audio", data.pop("audio", None), {"rate", "channels"})
    values: dict[str, Any] = {
        "rate": _whole("audio.rate", audio.get("rate")),
        "channels": _whole("audio.channels", audio.get("channels")),
    }
    for name, value in data.items():
        if name not in _FIELDS:
            raise ManifestError(f"unknown field {name!r}")
        values[name] = _FIELDS[name](name, value)
    try:
        return Manifest(**values)
    except TypeError as error:
        raise ManifestError(f"incomplete: {error}") from error


def _check_schema(schema: Any) -> None:
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise ManifestError(f"'schema' must be {SCHEMA_VERSION}, got {schema!r}")
    if schema > SCHEMA_VERSION:
        raise ManifestError(
            f"schema {schema} is newer than this audioml reads ({SCHEMA_VERSION}); "
            "upgrade audioml-core"
        )


def _typed(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ManifestError(f"{name!r} must be {_WORDS[kind]}, got {value!r}")
    return value


def _record(name: str, value: Any, allowed: set[str]) -> dict[str, Any]:
    record: dict[str, Any] = _typed(name, value, dict)
    unknown = set(record) - allowed
    if unknown:
        raise ManifestError(f"unknown field {min(unknown)!r} in {name!r}")
    return record


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ManifestError(f"{name!r} must be a whole number above 0 or null, got {value!r}")
    return value


def _made(kind: type) -> Callable[[str, Any], Any]:
    def make(name: str, value: Any) -> Any:
        record = _record(name, value, {f.name for f in fields(kind)})
        try:
            return kind(**record)
        except TypeError as error:
            raise ManifestError(f"{name!r} is incomplete: {error}") from error

    return make


def _text(name: str, value: Any) -> str:
    text: str = _typed(name, value, str)
    return text


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, each) for each in _typed(name, value, list))


def _runtimes(name: str, value: Any) -> tuple[Runtime, ...]:
    return tuple(_made(Runtime)(name, each) for each in _typed(name, value, list))


def _files(name: str, value: Any) -> dict[str, FileEntry]:
    entries: dict[str, Any] = _typed(name, value, dict)
    return {file: _made(FileEntry)(f"{name}.{file}", each) for file, each in entries.items()}


def _mapping(name: str, value: Any) -> dict[str, Any]:
    mapping: dict[str, Any] = _typed(name, value, dict)
    return mapping


def _flag(name: str, value: Any) -> bool:
    flag: bool = _typed(name, value, bool)
    return flag


_WORDS = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
_FIELDS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(
        ("kind", "name", "version", "task", "license", "source", "description", "batching"), _text
    ),
    **dict.fromkeys(("extractor", "decoder", "builder"), _made(Part)),
    **dict.fromkeys(("variants", "metrics"), _mapping),
    "runtimes": _runtimes,
    "streaming": _flag,
    "answers": _texts,
    "files": _files,
    "golden": _made(Golden),
}
