"""Snappy's block format: literals, and copies of what came before."""

from __future__ import annotations

from .protobuf import varint

__all__ = ["decompressed"]

_DENSEST = 64  # bytes that one byte can stand for, at most: a copy of 64 takes two or more


def decompressed(data: memoryview) -> bytes:
    """Return the bytes that were compressed.

    Raises
    ------
    ValueError, IndexError
        If the data are damaged.
    """
    size, at = varint(data, 0)
    if size > _DENSEST * len(data):
        raise ValueError(f"{len(data)} compressed bytes that claim to be {size}")
    out = bytearray()
    while at < len(data):
        tag = data[at]
        if tag & 3 == 0:
            length, at = _literal(data, at)
            if at + length > len(data):
                raise ValueError("compressed bytes are cut short")
            out += data[at : at + length]
            at += length
        else:
            length, offset, at = _copy(data, at)
            _repeat(out, length, offset)
        if len(out) > size:
            break
    if len(out) != size:
        raise ValueError(f"{len(out)} or more bytes where {size} were compressed")
    return bytes(out)


def _literal(data: memoryview, at: int) -> tuple[int, int]:
    length = data[at] >> 2
    at += 1
    if length < 60:
        return length + 1, at
    extra = length - 59
    return int.from_bytes(data[at : at + extra], "little") + 1, at + extra


def _copy(data: memoryview, at: int) -> tuple[int, int, int]:
    """Return how many bytes are repeated, from how far back, and where the next tag is."""
    tag = data[at]
    if tag & 3 == 1:
        return (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at + 1], at + 2
    size = 2 if tag & 3 == 2 else 4
    offset = int.from_bytes(data[at + 1 : at + 1 + size], "little")
    return (tag >> 2) + 1, offset, at + 1 + size


def _repeat(out: bytearray, length: int, offset: int) -> None:
    if not 0 < offset <= len(out):
        raise ValueError("a copy of what is not there")
    part = out[len(out) - offset : len(out) - offset + length]
    out += (part * (length // len(part) + 1))[:length]
