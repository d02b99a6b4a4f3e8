"""Between `Manifest` and the plain objects of ``model.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..errors import ManifestError
from ..options import Option
from .manifest import SCHEMA_VERSION, FileEntry, Golden, Manifest, Part, Runtime

__all__ = ["parsed", "plain"]

_Reader = Callable[[str, Any], Any]
"""Reads a field: its name, for the message, and its plain value."""


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
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
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


def _made(kind: type, **fields_of: _Reader) -> _Reader:
    def make(name: str, value: Any) -> Any:
        record = _record(name, value, set(fields_of))
        values = {field: fields_of[field](f"{name}.{field}", v) for field, v in record.items()}
        try:
            return kind(**values)
        except TypeError as error:
            raise ManifestError(f"{name!r} is incomplete: {error}") from error

    return make


def _of_type(kind: type) -> _Reader:
    def read(name: str, value: Any) -> Any:
        return _typed(name, value, kind)

    return read


def _mapping_of(read: _Reader) -> _Reader:
    def read_all(name: str, value: Any) -> dict[str, Any]:
        entries: dict[str, Any] = _typed(name, value, dict)
        return {key: read(f"{name}.{key}", each) for key, each in entries.items()}

    return read_all


def _list_of(read: _Reader) -> _Reader:
    def read_all(name: str, value: Any) -> tuple[Any, ...]:
        return tuple(read(name, each) for each in _typed(name, value, list))

    return read_all


def _number(name: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ManifestError(f"{name!r} must be a number, got {value!r}")
    return value


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ManifestError(f"{name!r} must be a whole number from 0, got {value!r}")
    return value


def _numbers(name: str, value: Any) -> list[float]:
    return [_number(name, each) for each in _typed(name, value, list)]


def _maybe_number(name: str, value: Any) -> float | None:
    return None if value is None else _number(name, value)


def _scalar(name: str, value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise ManifestError(f"{name!r} must be true or false, a number or text, got {value!r}")
    return value


_WORDS = {bool: "true or false", dict: "an object", list: "a list", str: "text"}
_text, _flag, _object = _of_type(str), _of_type(bool), _of_type(dict)
_part = _made(Part, name=_text, params=_object)
_FIELDS: dict[str, _Reader] = {
    **dict.fromkeys(
        ("kind", "name", "version", "task", "license", "source", "description", "batching"), _text
    ),
    **dict.fromkeys(("extractor", "decoder", "builder"), _part),
    "runtimes": _list_of(
        _made(Runtime, backend=_text, file=_text, precision=_text, parity=_maybe_number)
    ),
    "variants": _mapping_of(_mapping_of(_object)),
    "options": _mapping_of(
        _made(
            Option,
            stage=_text,
            default=_scalar,
            param=_text,
            choices=_list_of(_scalar),
            minimum=_maybe_number,
            maximum=_maybe_number,
            step=_maybe_number,
            description=_text,
        )
    ),
    "streaming": _flag,
    "answers": _list_of(_text),
    "metrics": _mapping_of(_number),
    "files": _mapping_of(_made(FileEntry, sha256=_text, bytes=_count)),
    "golden": _made(Golden, seed=_count, expected=_mapping_of(_numbers), tolerance=_number),
}
