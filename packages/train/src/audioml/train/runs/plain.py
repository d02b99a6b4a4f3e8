"""Configurations and metrics as plain Python: what JSON can hold, and flat names for each value."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

__all__ = ["flat", "numbers", "plain", "sentence", "timestamp"]

_LOG = logging.getLogger("audioml.train")
_LONGEST = 1000  # characters of an error that are kept


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; interpolations of OmegaConf are resolved.

    What JSON does not know becomes its text; numbers that are not finite become None.
    """
    value = _resolved(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain(inner) for inner in value]
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    number = _number(value)
    return str(value) if number is None else plain(number)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return metrics as numbers, nested names joined by ``/``; None for what is not finite.

    Scalars of numpy and torch are taken. What is no single number is left out with a warning: a
    run that has been trained is not to fail at its last line.
    """
    found: dict[str, float | None] = {}
    for name, value in flat(metrics, "/"):
        number = _number(value)
        if number is None:
            _LOG.warning("metric %r is left out: a number was expected, got %r", name, type(value))
        else:
            found[name] = number if math.isfinite(number) else None
    return found


def flat(values: Mapping[str, Any], joint: str = ".") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested mappings under its joined name."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            for inner, found in flat(value, joint):
                yield f"{name}{joint}{inner}", found
        else:
            yield str(name), value


def timestamp(moment: datetime | float | None) -> str | None:
    """Return a moment as ISO 8601 in UTC, of fixed width, so that texts sort as times do.

    A number is seconds since 1970; a `datetime` without a zone is in local time.
    """
    if moment is None:
        return None
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def sentence(error: BaseException | str | None) -> str | None:
    """Return an error as one line that fits in a table; None for none."""
    if error is None:
        return None
    text = " ".join(str(error).split())
    if isinstance(error, BaseException):
        from audioml.core.errors import AudiomlError

        kind = type(error).__name__
        text = text if text and isinstance(error, AudiomlError) else f"{kind}: {text}".rstrip(": ")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _resolved(value: Any) -> Any:
    if type(value).__module__.partition(".")[0] != "omegaconf":
        return value
    from omegaconf import OmegaConf

    return OmegaConf.to_container(value, resolve=True)


def _number(value: Any) -> int | float | None:
    if isinstance(value, str | bytes):
        return None
    with contextlib.suppress(AttributeError, TypeError, ValueError, RuntimeError):
        value = value.item()  # scalars of numpy and torch
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) else None
