"""What is sent, piece by piece: a file is read while it travels, again if it must."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from audioml.core.errors import AudioError
from audioml.core.files import shown

__all__ = ["Body", "FileOf", "Handle", "Memory", "Piece"]


class Piece(Protocol):
    """A stretch of bytes that knows its size and its name, and can be read from the start again."""

    size: int
    name: str

    def fill(self, buffer: memoryview, at: int) -> int:
        """Put what comes at byte ``at`` into a buffer and return how much; 0 if nothing is left."""

    def close(self) -> None:
        """Let go of what was opened for reading."""


class Memory:
    """Bytes that are here already."""

    name = "the audio"

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data).cast("B")
        self.size = len(self._data)

    def fill(self, buffer: memoryview, at: int) -> int:
        """Copy what comes at byte ``at``."""
        count = min(len(buffer), self.size - at)
        buffer[:count] = self._data[at : at + count]
        return count

    def close(self) -> None:
        """Do nothing."""


class Handle:
    """A file object that can be rewound to where it stands; it stays open, it is the caller's."""

    name = "the file"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._base = file.tell()
        self.size = file.seek(0, os.SEEK_END) - self._base
        file.seek(self._base)

    def fill(self, buffer: memoryview, at: int) -> int:
        """Read what comes at byte ``at`` after where it stood."""
        self._file.seek(self._base + at)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Do nothing."""


class FileOf:
    """A file that is opened when its first byte is wanted.

    Raises
    ------
    AudioError
        If it is not there or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.name = shown(path)
        self._path = path
        self._file: io.FileIO | None = None
        try:
            with path.open("rb") as file:
                self.size = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise AudioError(f"cannot read {self.name}: {error.strerror}") from error

    def fill(self, buffer: memoryview, at: int) -> int:
        """Read what comes at byte ``at``."""
        if self._file is None:
            self._file = io.FileIO(self._path)
        self._file.seek(at)
        return self._file.readinto(buffer) or 0

    def close(self) -> None:
        """Close it; the next `fill` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Body(io.RawIOBase):
    """Pieces read one after the other, as a file that knows its size and can be rewound."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        super().__init__()
        self._pieces = pieces
        self.size = sum(piece.size for piece in pieces)
        self._index, self._within = 0, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: to the beginning."""
        return True

    def tell(self) -> int:
        """Return the bytes that were read so far."""
        return sum(piece.size for piece in self._pieces[: self._index]) + self._within

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go back to the beginning, which is all that a second try needs."""
        if (offset, whence) != (0, os.SEEK_SET):
            raise io.UnsupportedOperation("only seek(0)")
        self._leave()
        self._index = self._within = 0
        return 0

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill a buffer as far as one piece goes; what a file has gained meanwhile is left out.

        Raises
        ------
        AudioError
            If a file has become shorter than it was.
        """
        while self._index < len(self._pieces):
            piece = self._pieces[self._index]
            if room := memoryview(buffer)[: piece.size - self._within]:
                count = piece.fill(room, self._within)
                if not count:
                    said = f"{piece.name} had {piece.size} bytes, now {self._within}"
                    raise AudioError(f"{said}; send it once it is written")
                self._within += count
                return count
            self._leave()
            self._index, self._within = self._index + 1, 0
        return 0

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._leave()
        super().close()

    def _leave(self) -> None:
        if self._index < len(self._pieces):
            self._pieces[self._index].close()
