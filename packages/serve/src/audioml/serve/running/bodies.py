"""Where the body of a request waits until all of it is there: in memory, else on disk."""

from __future__ import annotations

import contextlib
import io
import tempfile
import threading
from collections.abc import Mapping
from typing import BinaryIO

from .refusal import Refused

__all__ = ["Body", "Room", "Storage"]

MEMORY = 64 << 20  # bytes that all bodies of a process take together
EACH = 8 << 20  # bytes in memory of one body
_DISKFULS = 4  # bodies of the greatest size that find room on disk
_DISK = 4 << 30  # bytes on disk, at least


class Room:
    """So many bytes that several may take and give back, from any thread."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, number: int) -> bool:
        """Take bytes, and return whether there were as many."""
        with self._lock:
            if self._left < number:
                return False
            self._left -= number
            return True

    def give(self, number: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._left += number


class Storage:
    """The rooms of a process.

    Parameters
    ----------
    max_body
        Bytes of a body.
    longer
        Bytes of a body that is sent to a path that begins so.
    """

    def __init__(self, *, max_body: int, longer: Mapping[str, int]) -> None:
        self._usual = max_body
        self._longer = tuple(longer.items())
        self.memory = Room(MEMORY)
        self.disk = Room(max(_DISK, _DISKFULS * max(max_body, *longer.values(), 0)))

    def longest(self, path: str) -> int:
        """Return the bytes of a body that may be sent to a path."""
        return next((most for start, most in self._longer if path.startswith(start)), self._usual)


class Body:
    """A body that arrives; `file` is then what the application reads.

    Room is taken for bytes that came, not for bytes that were announced: who announces much and
    sends little keeps nobody else's out.

    Parameters
    ----------
    length
        Bytes that were announced.
    """

    __slots__ = ("_held", "_room", "_storage", "file", "missing")

    def __init__(self, length: int, storage: Storage) -> None:
        self.missing = length
        self.file: BinaryIO = io.BytesIO()
        self._storage = storage
        self._room = storage.memory
        self._held = 0

    def write(self, data: memoryview) -> None:
        """Take bytes that came, no more than are missing.

        Raises
        ------
        Refused
            Where there is no room for them.
        """
        try:
            if self._room is self._storage.memory and not self._fits(len(data)):
                self._to_disk()
            if self._room is self._storage.disk and not self._room.take(len(data)):
                raise Refused(503, "too many uploads are under way; send this one again later")
            self._held += len(data)
            self.file.write(data)
        except OSError as error:
            raise Refused(503, f"the upload cannot be kept: {error.strerror}") from error
        self.missing -= len(data)

    def finish(self) -> BinaryIO:
        """Return the file, from its beginning."""
        self.file.seek(0)
        return self.file

    def drop(self) -> None:
        """Forget the body and give its room back."""
        self._room.give(self._held)
        self._held = self.missing = 0
        with contextlib.suppress(OSError):  # what it could not write, nobody wants any more
            self.file.close()

    def _fits(self, number: int) -> bool:
        return self._held + number <= EACH and self._room.take(number)

    def _to_disk(self) -> None:
        kept = self.file
        assert isinstance(kept, io.BytesIO)
        if not self._storage.disk.take(self._held):
            raise Refused(503, "too many uploads are under way; send this one again later")
        self._room.give(self._held)
        self._room = self._storage.disk
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - `drop` closes it
        self.file.write(kept.getbuffer())
