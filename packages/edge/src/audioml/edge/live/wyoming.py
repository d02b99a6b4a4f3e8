"""The framing of Wyoming events: a line of JSON, more JSON where it says so, then bytes.

Written from the protocol's description (github.com/rhasspy/wyoming, README).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from audioml.core.errors import AudioError

__all__ = ["Event", "pack", "read_event"]

_HEADER = 64 << 10  # bytes that a line may have, its end included
_CAPS = {"data_length": 1 << 20, "payload_length": 4 << 20}
_INLINE = 32 << 10  # bytes of data beyond which readers with short lines get it after the line


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``whole`` is False where the stream ended within its payload."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    payload: bytes = b""
    whole: bool = True


def read_event(stream: BinaryIO, /) -> Event | None:
    """Return the next event, or None at the end of the stream.

    Raises
    ------
    AudioError
        If what comes is not an event, or one larger than is allowed.
    """
    line = stream.readline(_HEADER + 1)
    if not line:
        return None
    if not line.endswith(b"\n"):
        if len(line) > _HEADER:
            raise AudioError(f"the line of an event may have {_HEADER} bytes, got more")
        return None  # the end came within the line
    header = _object(line, "the line of an event")
    sizes = [_size(header, name) for name in _CAPS]
    kind, data = header.get("type"), header.get("data") or {}
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise AudioError("an event must have a 'type', which is text, and 'data', an object")
    more = stream.read(sizes[0]) if sizes[0] else b""
    if len(more) < sizes[0]:
        return None
    if more:
        data = {**data, **_object(more, "the data of an event")}
    payload = stream.read(sizes[1]) if sizes[1] else b""
    return Event(kind, data, payload, len(payload) == sizes[1])


def pack(event: Event, /) -> bytes:
    """Return an event as it goes over the wire; arrays of numpy become lists."""
    data = json.dumps(event.data, default=_plain, separators=(",", ":"))
    parts = [f'{{"type":{json.dumps(event.type)}']
    after = b""
    if len(data) > _INLINE:
        after = data.encode()
        parts.append(f'"data_length":{len(after)}')
    elif event.data:
        parts.append(f'"data":{data}')
    if event.payload:
        parts.append(f'"payload_length":{len(event.payload)}')
    return b"".join([",".join(parts).encode(), b"}\n", after, event.payload])


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AudioError(f"{what} must be JSON, got {text[:40]!r}") from error
    if not isinstance(found, dict):
        raise AudioError(f"{what} must be a JSON object, got {text[:40]!r}")
    return found


def _size(header: Mapping[str, Any], name: str) -> int:
    size = header.get(name) or 0
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _CAPS[name]:
        raise AudioError(f"{name!r} of an event must be 0 to {_CAPS[name]} bytes, got {size!r}")
    return size


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
