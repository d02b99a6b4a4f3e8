"""A connection: the request that arrives on it, and what it came to."""

from __future__ import annotations

import io
import socket
import time
from typing import Any

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader

from .bodies import Body, Storage
from .hosted import Limits
from .pace import Pace
from .parsing import Asked, Stream, cut_head, parse
from .refusal import Refused
from .wire import Wire

__all__ = ["Connection"]

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REST = 64 << 10  # bytes of a stream that are read away after its answer
_REST_TIMEOUT = 2.0  # seconds for them


class Connection:
    """Belongs to the event loop, except while a thread answers its request.

    Parameters
    ----------
    raw
        The socket, non-blocking.
    client, server
        Addresses of the two ends.

    Attributes
    ----------
    sock : Wire
        What gunicorn writes the answer to.
    since : float
        Time, by `time.monotonic`, at which what it waits for began.
    place : dict
        Where the reception keeps it; None once it is closed.
    """

    __slots__ = (
        "_incoming",
        "_limits",
        "_looked",
        "_number",
        "_storage",
        "body",
        "buffer",
        "client",
        "discarded",
        "events",
        "keep",
        "pace",
        "place",
        "raw",
        "request",
        "server",
        "since",
        "sock",
        "stream",
        "watcher",
    )

    def __init__(
        self, raw: socket.socket, client: Any, server: Any, *, limits: Limits, storage: Storage
    ) -> None:
        self.raw = raw
        self.sock = Wire(raw, limits=limits, room=storage.memory)
        self.client = client
        self.server = server
        self.since = time.monotonic()
        self.buffer = bytearray()
        self.request: Asked | None = None
        self.body: Body | None = None
        self.stream: Stream | None = None
        self.pace: Pace | None = None
        self.place: dict[Connection, None] | None = None
        self.events = 0
        self.watcher: Any = None
        self.keep = False
        self.discarded = 0
        self._limits = limits
        self._storage = storage
        self._incoming: Any = None
        self._looked = 0
        self._number = 0

    @property
    def fresh(self) -> bool:
        """Whether nothing was ever asked on it."""
        return self._number == 0

    def take(self, data: memoryview) -> None:
        """Take bytes that came; no more than `body` misses, where there is one."""
        if self.body is None:
            if not self.buffer:
                self.since = time.monotonic()
            self.buffer += data
        else:
            self.body.write(data)
            self.tick()
            assert self.pace is not None
            self.pace.moved(len(data))

    def tick(self) -> None:
        """Count the time that passed to the client's debit."""
        assert self.pace is not None
        now = time.monotonic()
        self.pace.waited(now - self.since)
        self.since = now

    def advance(self, config: Config) -> bool:
        """Return whether there is a request that a thread can answer.

        Raises
        ------
        Refused
            If there will be none.
        """
        if self.body is None and not self._header(config):
            return False
        if self.body is None:
            return True
        if self.body.missing:
            return False
        assert self.request is not None
        self.request.body = self.body.finish()
        return True

    def read_away(self) -> bool:
        """Read what is left of a stream, in a thread; return whether another request may follow."""
        if self.stream is None:
            return True
        self.sock.hurry(_REST_TIMEOUT)
        read = 0
        rest = memoryview(bytearray(8192))
        while not self.stream.ended and read < _REST:
            read += self.stream.readinto(rest)
        return self.stream.ended

    def finish(self) -> None:
        """Forget the request that was answered."""
        if self.stream is not None:
            self.buffer[:0] = self._incoming.take_buffered()
        self.drop()
        self.request = self._incoming = self.stream = None
        self.since = time.monotonic()

    def drop(self) -> None:
        """Give back what the body took."""
        if self.body is not None:
            self.body.drop()
        self.body = self.pace = None

    def _header(self, config: Config) -> bool:
        head = cut_head(self.buffer, since=self._looked)
        if head is None:
            self._looked = len(self.buffer)
            return False
        self._looked = 0
        self._number += 1
        self.sock.begin()
        self.request, self._incoming = parse(head, config, self.client, number=self._number)
        reader = self.request.body.reader
        if isinstance(reader, ChunkedReader):
            self._begin_stream(reader)
        elif reader.length:
            self._begin_body(reader.length)
        return True

    def _begin_stream(self, reader: ChunkedReader) -> None:
        assert self.request is not None
        self.stream = Stream(reader)
        self.request.body = io.BufferedReader(self.stream, 1 << 16)
        self._incoming.more = self._more

    def _begin_body(self, length: int) -> None:
        assert self.request is not None
        most = self._storage.longest(self.request.path)
        if length > most:
            raise Refused(
                413,
                f"the body has {length} bytes, more than the {most} that are taken here; cut the "
                "recording, make it a job, or start the server with a larger --max-body",
            )
        if self.request._expected_100_continue:  # noqa: SLF001 - gunicorn would tell it too late
            self.request._expected_100_continue = False  # noqa: SLF001
            if not self.buffer:
                self.sock.offer(_CONTINUE)
        self.since = time.monotonic()
        self.pace = Pace(timeout=self._limits.body_timeout, rate=self._limits.body_rate)
        self.body = Body(length, self._storage)
        here = min(length, len(self.buffer))
        if here:
            with memoryview(self.buffer)[:here] as view:
                self.take(view)
            del self.buffer[:here]

    def _more(self, number: int) -> bytes:
        """Return bytes of a stream; called in a thread."""
        if self.buffer:
            data = bytes(self.buffer[:number])
            del self.buffer[:number]
            return data
        return self.sock.receive(number)
