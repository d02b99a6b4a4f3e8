"""CRC-32C, the checksum of TensorFlow's files, fast enough for hundreds of megabytes in numpy.

A message is a polynomial over GF(2), and its checksum is what is left of it modulo another one
(RFC 3720, appendix B.4). So the first half of a message may be moved on top of the second by a
multiplication with a fixed power of x, which is a table look-up: rows of many words become one
row, and one row becomes one word.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

__all__ = ["crc32c", "masked"]

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, the lowest bit first
_ROW = 1 << 14  # words: the row and the tables stay in the processor's cache
_MASK_DELTA = 0xA282EAD8
_Words = NDArray[np.uint32]


def masked(checksum: int) -> int:
    """Return a checksum as TensorFlow stores it, so that files of checksums do not confuse it."""
    return (((checksum >> 15) | (checksum << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def crc32c(*parts: bytes | memoryview) -> int:
    """Return the CRC-32C of some bytes, one after the other."""
    state = 0xFFFFFFFF
    for part in parts:
        state = _updated(state, np.frombuffer(part, np.uint8))
    return state ^ 0xFFFFFFFF


def _updated(state: int, data: NDArray[np.uint8]) -> int:
    tail = len(data) % 4
    words = data[: len(data) - tail].view("<u4")
    if len(words):
        state = int(_moved(_folded(words, state), 1)[0])
    for byte in data[len(data) - tail :].tolist():
        state = int(_bytewise()[(state ^ byte) & 0xFF]) ^ (state >> 8)
    return state


def _folded(words: _Words, state: int) -> _Words:
    """Return one word that stands for all, the state before them put in."""
    row = np.zeros(min(_ROW, 1 << (len(words) - 1).bit_length()), np.uint32)
    head = len(words) % len(row) or len(row)
    row[len(row) - head :] = words[:head]  # zeros in front change nothing
    row[len(row) - head] ^= np.uint32(state)
    for first in range(head, len(words), len(row)):
        row = _moved(row, len(row)) ^ words[first : first + len(row)]
    while len(row) > 1:
        half = len(row) // 2
        row = _moved(row[:half], half) ^ row[half:]
    return row


def _moved(words: _Words, distance: int) -> _Words:
    """Return words as they count ``distance`` words further on."""
    low, high = _tables(distance)
    moved: _Words = low[words & np.uint32(0xFFFF)] ^ high[words >> np.uint32(16)]
    return moved


@functools.lru_cache(maxsize=32)
def _tables(distance: int) -> tuple[_Words, _Words]:
    columns = _columns(distance)
    return _spanned(columns[:16]), _spanned(columns[16:])


def _columns(distance: int) -> list[int]:
    """Return what becomes of each of a word's 32 bits, ``distance`` (a power of two) words on."""
    table = _bytewise().tolist()
    columns = [1 << bit for bit in range(32)]
    for _ in range(4):  # one word is four bytes
        columns = [table[c & 0xFF] ^ (c >> 8) for c in columns]
    while distance > 1:
        columns = [_applied(columns, c) for c in columns]
        distance //= 2
    return columns


def _applied(columns: list[int], word: int) -> int:
    result = 0
    for bit, column in enumerate(columns):
        if word >> bit & 1:
            result ^= column
    return result


def _spanned(columns: list[int]) -> _Words:
    """Return the sums of all subsets of some columns, by the number whose bits choose them."""
    sums = np.zeros(1, np.uint32)
    for column in columns:
        sums = np.concatenate([sums, sums ^ np.uint32(column)])
    return sums


@functools.cache
def _bytewise() -> _Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ (table & np.uint32(1)) * np.uint32(_POLYNOMIAL)
    return table
