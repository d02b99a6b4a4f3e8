"""What parent and child say to each other: a head in JSON, and a body of bytes or of one array."""

from __future__ import annotations

import io
import json
import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["array", "packed", "receive", "send"]

_LENGTHS = struct.Struct(">IQ")
_HEAD, _BODY = 1 << 20, 1 << 32  # bytes at most: more is not of this protocol


def send(stream: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    """Write one message."""
    text = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(text), len(body)) + text)
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message, or None where the stream ends.

    Raises
    ------
    EOFError
        If it ends within a message.
    ValueError
        If what comes is no message.
    """
    first = stream.read(_LENGTHS.size)
    if not first:
        return None
    if len(first) < _LENGTHS.size:
        raise EOFError("the stream ended within a message")
    head, body = _LENGTHS.unpack(first)
    if head > _HEAD or body > _BODY:
        raise ValueError(f"no message is {head} and {body} bytes long")
    told = json.loads(_exactly(stream, head))
    if not isinstance(told, dict):
        raise ValueError(f"a message begins with an object, got {type(told).__name__}")  # noqa: TRY004 - it is a value that came
    return told, _exactly(stream, body)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("the stream ended within a message")
    return data


def packed(values: NDArray[Any]) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()


def array(data: bytes) -> NDArray[Any]:
    """Return the array of `packed` bytes.

    Raises
    ------
    ValueError
        If they are none, or would run code.
    """
    found: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return found
