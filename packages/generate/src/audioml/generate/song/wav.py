"""WAV while it is written: what is there is a whole file at any time."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO

from audioml.core.corpus.encoding import encode
from audioml.core.errors import UsageError
from audioml.core.values import Audio

__all__ = ["WavWriter", "check_length", "pcm"]

_INFO = {"title": b"INAM", "software": b"ISFT", "comment": b"ICMT"}  # RIFF 1991, sec. 2-14
_MOST = (1 << 32) - (1 << 16)  # bytes: sizes have 32 bits, and the header needs some


def pcm(block: Audio) -> bytes:
    """Return the samples of a block as 16-bit PCM, channels beside each other."""
    data: bytes = encode(block.samples.T, "int16").tobytes()
    return data


def check_length(seconds: float, rate: int, channels: int) -> None:
    """Refuse what a WAV file cannot hold.

    Raises
    ------
    UsageError
        If it would be beyond the 4 GB that sizes of 32 bits can tell.
    """
    longest = _MOST // (2 * channels * rate)
    if seconds > longest:
        raise UsageError(
            f"a WAV file holds at most {longest} s at {rate} Hz, got {seconds:g} s; name a .flac"
        )


class WavWriter:
    """Writes blocks of 16 bits to a stream, and after each its sizes where the stream can go back.

    Parameters
    ----------
    stream
        Where to write; it stays open.
    rate, channels
        Of the blocks.
    frames
        How many samples there will be of each channel, for a stream that cannot go back.
    tags
        ``title``, ``software`` and ``comment``, in ASCII.
    patched
        Whether the stream can go back to its header.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        rate: int,
        channels: int,
        frames: int,
        tags: Mapping[str, str],
        patched: bool,
    ) -> None:
        self._stream, self._patched = stream, patched
        self._written = 0
        width = 2 * channels
        form = struct.pack("<HHIIHH", 1, channels, rate, rate * width, width, 16)
        info = b"INFO" + b"".join(_chunk(_INFO[n], t.encode() + b"\0") for n, t in tags.items())
        before = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"LIST", info)
        self._before = len(before) + 8  # what the size of the whole counts besides the samples
        size = 0 if patched else width * frames
        head = b"RIFF" + struct.pack("<I", self._before + size) + before
        stream.write(head + b"data" + struct.pack("<I", size))
        stream.flush()

    def write(self, block: Audio) -> None:
        """Write a block."""
        data = pcm(block)
        self._stream.write(data)
        self._stream.flush()  # before the sizes tell of it
        self._written += len(data)
        if self._patched:
            self._tell(4, self._before + self._written)
            self._tell(self._before + 4, self._written)
            self._stream.seek(0, 2)

    def _tell(self, place: int, size: int) -> None:
        self._stream.seek(place)
        self._stream.write(struct.pack("<I", size))
        self._stream.flush()


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
