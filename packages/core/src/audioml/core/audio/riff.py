"""The little of RIFF that libsndfile does not tell: how much of a WAV file is missing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

__all__ = ["missing_bytes", "read_header", "unfinished_data"]

_STREAMED = 0xFFFFFFFF  # the size that a writer leaves when it cannot seek back


def missing_bytes(path: Path) -> int:
    """Return how many bytes of its data chunk a WAV file lacks; 0 where it is whole or unsized."""
    with path.open("rb") as file:
        try:
            _, _, promised = read_header(file)
        except ValueError:
            return 0
        present = path.stat().st_size - file.tell()
    return 0 if promised in (0, _STREAMED) else max(0, promised - present)


def unfinished_data(path: Path) -> int | None:
    """Return where samples begin in a WAV file whose header claims none though some follow."""
    with path.open("rb") as file:
        try:
            _, _, promised = read_header(file)
        except ValueError:
            return None
        first = file.tell()
    return first if not promised and path.stat().st_size > first else None


def read_header(stream: BinaryIO) -> tuple[int, int, int]:
    """Return (rate, channels, bytes of data) and leave the stream at the first sample.

    Raises
    ------
    ValueError
        If the stream is not a WAV file.
    """
    riff = stream.read(12)
    if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        raise ValueError("not a RIFF/WAVE stream")
    rate = channels = 0
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            if not rate or not channels:
                break
            return rate, channels, size
        body = stream.read(size + size % 2)
        if name == b"fmt " and len(body) >= 8:
            channels, rate = struct.unpack("<HI", body[2:8])
    raise ValueError("no 'fmt ' and 'data' chunks")
