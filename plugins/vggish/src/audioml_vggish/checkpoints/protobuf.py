"""Protocol buffers, as far as checkpoints need them: a message is a list of numbered fields."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Field", "fields", "part", "text", "varint", "whole"]

Field = tuple[int, int | memoryview]
"""A field's number, and its value: bytes, or an integer for the other wire types."""

_SIZES = {1: 8, 5: 4}


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at ``at``, seven bits a byte, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("a number of more than ten bytes")


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message in their order.

    Raises
    ------
    ValueError, IndexError
        If the message is cut short or malformed.
    """
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = varint(message, at)
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            raise ValueError(f"a field of the unknown wire type {kind}")
        if at + size > len(message):
            raise ValueError(f"a field of {size} bytes where {len(message) - at} are left")
        part = message[at : at + size]
        at += size
        yield number, part if kind == 2 else int.from_bytes(part, "little")


def text(value: int | memoryview) -> str:
    """Return a field of text."""
    return str(part(value), "utf-8")


def part(value: int | memoryview) -> memoryview:
    """Return a field of bytes."""
    if isinstance(value, int):
        raise ValueError("a number where text or a message was expected")  # noqa: TRY004 - data
    return value


def whole(value: int | memoryview) -> int:
    """Return a field that is a number; negative ones come as two's complement of 64 bits."""
    if not isinstance(value, int):
        raise ValueError("text or a message where a number was expected")  # noqa: TRY004 - data
    return value - (1 << 64) if value >> 63 else value
