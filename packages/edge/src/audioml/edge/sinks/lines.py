"""What sinks have in common: where they write, and an event as one line of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Event

__all__ = ["encodable", "line", "placed"]

_ENCODER = json.JSONEncoder(allow_nan=False)


def placed(to: str | None, folder: Path, default: str) -> Path:
    """Return where a sink writes: ``to``, from ``folder`` if relative, else ``default`` there."""
    return folder / Path(to or default).expanduser()


def encodable(text: str) -> str:
    r"""Return text that UTF-8 can hold: an odd byte of a file's name becomes ``\udcXX``."""
    return text.encode(errors="backslashreplace").decode()


def line(event: Event) -> str:
    """Return an event as JSON in ASCII, without a line end; ``kind`` and ``id`` come first.

    NaN and infinity, which JSON has not, become null.
    """
    data = {"kind": event.data.get("kind", ""), "id": event.id, **event.data}
    try:
        return _ENCODER.encode(data)
    except ValueError:
        return _ENCODER.encode(_finite(data))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
