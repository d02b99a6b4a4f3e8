"""Sorted tables of keys and values, as LevelDB and TensorFlow write them (table_format.md)."""

from __future__ import annotations

from collections.abc import Iterator

from .crc32c import crc32c, masked
from .protobuf import varint
from .snappy import decompressed

__all__ = ["entries", "is_table"]

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER = 48
_TRAILER = 5  # kind of compression, checksum
_LONGEST_KEY = 1 << 12


def is_table(data: memoryview) -> bool:
    """Return whether these bytes end as a table does."""
    return len(data) >= _FOOTER and data[-8:] == _MAGIC


def entries(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the keys and values of a table; every block is checked against its checksum.

    Raises
    ------
    ValueError, IndexError
        If the table is damaged.
    """
    if not is_table(data):
        raise ValueError("it does not end as a table does")
    body, footer = data[:-_FOOTER], data[-_FOOTER:]
    _, _, at = _handle(footer, 0)  # of the index of other things, of which there are none
    first, size, _ = _handle(footer, at)
    end = 0
    for _, value in _pairs(_block(body, first, size)):
        first, size, _ = _handle(value, 0)
        if first < end:
            raise ValueError("its blocks overlap")
        end = first + size
        yield from _pairs(_block(body, first, size))


def _handle(data: memoryview, at: int) -> tuple[int, int, int]:
    first, at = varint(data, at)
    size, at = varint(data, at)
    return first, size, at


def _block(body: memoryview, first: int, size: int) -> memoryview:
    content, trailer = body[first : first + size], body[first + size : first + size + _TRAILER]
    if len(content) != size or len(trailer) != _TRAILER:
        raise ValueError("a block is cut short")
    if masked(crc32c(content, trailer[:1])) != int.from_bytes(trailer[1:], "little"):
        raise ValueError("the checksum of a block is wrong")
    if trailer[0] > 1:
        raise ValueError(f"a block is compressed in the unknown way {trailer[0]}")
    return memoryview(decompressed(content)) if trailer[0] else content


def _pairs(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the entries of a block, whose keys are told by how they differ from the one before."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if len(block) < 4 or end < 0:
        raise ValueError("a block is cut short")
    key, at = b"", 0
    while at < end:
        shared, at = varint(block, at)
        new, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + new + size > end or shared + new > _LONGEST_KEY:
            raise ValueError("an entry does not fit its block")
        key = key[:shared] + bytes(block[at : at + new])
        at += new
        yield key, block[at : at + size]
        at += size
