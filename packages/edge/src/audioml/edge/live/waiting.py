"""Reading that ends when it is told to, or when nothing comes for too long."""

from __future__ import annotations

import io
import os
import select
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from audioml.core.errors import AudioError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["POLL", "Waiting", "reading"]

POLL = 0.2  # seconds: how late a stop may be noticed
_BUFFER = 1 << 16


class Waiting(io.RawIOBase):
    """A stream of bytes that is at its end once ``stop`` is set.

    Parameters
    ----------
    fd
        The file descriptor to wait for, or None where reading itself must wait.
    receive
        Fills a buffer with what is there, and returns how many bytes that was; 0 at the end.
    stop
        Ends the stream.
    idle
        Seconds without a byte after which the stream is given up; None waits for ever.
    """

    def __init__(
        self,
        fd: int | None,
        receive: Callable[[memoryview], int],
        stop: threading.Event,
        *,
        idle: float | None = None,
    ) -> None:
        self._ready = None if fd is None else _waiter(fd)
        self._receive, self._stop, self._idle = receive, stop, idle

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer with what came, once something came.

        Raises
        ------
        AudioError
            If nothing came for too long, or it cannot be read.
        """
        if not self._wait():
            return 0
        try:
            return self._receive(memoryview(buffer))
        except (ConnectionError, TimeoutError):  # who was there is gone: what came has been read
            return 0
        except OSError as error:
            raise AudioError(f"the sound cannot be read: {error}") from error

    def _wait(self) -> bool:
        began = time.monotonic()
        while not self._stop.is_set():
            if self._ready is None or self._ready(POLL):
                return True
            if self._idle is not None and time.monotonic() - began > self._idle:
                raise AudioError(f"nothing came for {self._idle:g} s")
        return False


def reading(stream: BinaryIO, stop: threading.Event) -> io.BufferedReader:
    """Return a pipe or file to be read as it comes; nothing of it may have been read before."""
    try:
        fd = stream.fileno()
    except (AttributeError, OSError):
        return io.BufferedReader(Waiting(None, _from(stream), stop), _BUFFER)
    return io.BufferedReader(Waiting(fd, _from_descriptor(fd), stop), _BUFFER)


def _from(stream: BinaryIO) -> Callable[[memoryview], int]:
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    return lambda buffer: _fill(buffer, read(len(buffer)))


def _from_descriptor(fd: int) -> Callable[[memoryview], int]:
    return lambda buffer: _fill(buffer, os.read(fd, len(buffer)))


def _fill(buffer: memoryview, data: bytes) -> int:
    buffer[: len(data)] = data
    return len(data)


def _waiter(fd: int) -> Callable[[float], bool] | None:
    """Return what tells whether there is something to read after some seconds at most."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return lambda seconds: bool(poll.poll(seconds * 1000))
    try:
        select.select([fd], [], [], 0)
    except (OSError, ValueError):  # pipes on Windows: reading itself waits
        return None
    return lambda seconds: bool(select.select([fd], [], [], seconds)[0])
