"""One request whose answer is read while it is still being sent.

urllib3 reads an answer after the request, so this is HTTP on a socket of its own: whoever reads
the answer sends, while it waits, what there is to send. All of it happens in one thread, which TLS
needs; only the caller's blocks are fetched in another, because they may take their time.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import queue
import selectors
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import numpy as np

from audioml.core.errors import AudiomlError, UsageError, WorkerError
from audioml.core.values import Audio

from .errors import LateError, refusal
from .transport import Transport

__all__ = ["exchange"]

_AHEAD = 8  # blocks that are fetched before they can be sent
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def exchange(transport: Transport, path: str, blocks: Iterable[Audio]) -> Iterator[bytes]:
    """Send blocks as they come and yield the lines of the answer as they come.

    Raises
    ------
    UsageError
        If a block has another rate or number of channels than the first.
    AudiomlError
        What the server answers instead; what ``blocks`` raises passes through.
    """
    fetched = iter(blocks)
    first = next(fetched, None)
    if first is None:
        yield b'{"done": true}'  # of no sound there is nothing to ask
        return
    with contextlib.ExitStack() as stack:
        connection = _connection(transport)
        stack.callback(connection.close)
        _ask(connection, transport, path, first)
        pump = stack.enter_context(_Pump(connection.sock, transport.timeout))
        feeder = threading.Thread(target=pump.feed, args=(first, fetched), daemon=True)
        feeder.start()
        try:
            yield from _lines(pump)
        except (OSError, http.client.HTTPException) as error:
            pump.check()  # http.client takes what the blocks raised for a broken answer
            if isinstance(error, AudiomlError):
                raise
            raise WorkerError(f"the stream from {transport.url} broke off: {error!r}") from error


def _connection(transport: Transport) -> http.client.HTTPConnection:
    parts = urlsplit(transport.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=transport.timeout)
    try:
        connection.connect()
    except ssl.SSLError as error:
        raise transport.failure(error) from error
    except OSError as error:
        raise transport.nobody() from error
    return connection


def _ask(
    connection: http.client.HTTPConnection, transport: Transport, path: str, first: Audio
) -> None:
    connection.putrequest("POST", urlsplit(transport.url).path + path)
    form = f"audio/pcm;rate={first.rate};channels={first.channels};format=f32le"
    headers = {"Content-Type": form, "Accept": "application/x-ndjson", "Connection": "close"}
    for name, value in (transport.headers | headers).items():
        connection.putheader(name, value)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()


def _lines(pump: _Pump) -> Iterator[bytes]:
    reply = http.client.HTTPResponse(cast("socket.socket", pump), method="POST")
    reply.begin()
    if not 200 <= reply.status < 300:
        raise refusal(reply.status, dict(reply.getheaders()), reply.read())
    for line in reply:
        if line.strip():
            yield line
    pump.check()


class _Pump(io.RawIOBase):
    """The readable end of a socket; reading it sends what waits to be sent."""

    def __init__(self, sock: Any, timeout: float) -> None:
        super().__init__()
        self._socket, self._timeout = sock, timeout
        self._socket.setblocking(False)
        self._told, self._tell = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._told, selectors.EVENT_READ)
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
        self._left = memoryview(b"")
        self.failed: BaseException | None = None
        self._sent_all = False

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return itself, as `http.client.HTTPResponse` asks a socket to."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def feed(self, first: Audio, rest: Iterator[Audio]) -> None:
        """Fetch blocks and queue them as chunks; this is the other thread."""
        try:
            self._put(_chunk(first, first))
            for block in rest:
                self._put(_chunk(block, first))
            self._put(b"0\r\n\r\n")
            self._put(None)
        except _OverError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the answer is read
            with contextlib.suppress(_OverError):
                self._put(error)

    def _put(self, item: bytes | BaseException | None) -> None:
        while not self.closed:
            try:
                self._queue.put(item, timeout=0.5)
            except queue.Full:
                continue
            with contextlib.suppress(OSError):
                self._tell.send(b".")
            return
        raise _OverError

    def readinto(self, buffer: Any, /) -> int:
        """Return as soon as something has come, or the answer has ended.

        Raises
        ------
        LateError
            If the server takes nothing, or has everything and answers nothing.
        """
        while True:
            self.check()
            with contextlib.suppress(*_LATER):
                return int(self._socket.recv_into(buffer))
            self._send()
            self._wait()

    def check(self) -> None:
        """Raise what the caller's blocks have raised."""
        if self.failed is not None:
            raise self.failed

    def _send(self) -> None:
        """Send what can be sent now."""
        while not self._sent_all:
            if not self._left and not self._fetch():
                return
            try:
                self._left = self._left[self._socket.send(self._left) :]
            except _LATER:
                return
            except (BrokenPipeError, ConnectionResetError):
                self._sent_all, self._left = True, memoryview(b"")  # the answer says why

    def _fetch(self) -> bool:
        """Take the next chunk of the queue and return whether there was one."""
        try:
            item = self._queue.get_nowait()
        except queue.Empty:
            return False
        if item is None or isinstance(item, BaseException):
            self.failed, self._sent_all = item, True
            return False
        self._left = memoryview(item)
        return True

    def _wait(self) -> None:
        """Wait until something can be read, sent or fetched."""
        if self.failed is not None:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)
        self._selector.modify(self._socket, events)
        servers_turn = self._sent_all or bool(self._left)  # else the caller's blocks are awaited
        ready = self._selector.select(self._timeout if servers_turn else None)
        if not ready:
            raise LateError(f"the stream stood still for {self._timeout:g} s")
        if any(key.fileobj is self._told for key, _ in ready):
            self._told.recv(1 << 12)

    def close(self) -> None:
        super().close()
        self._selector.close()
        self._told.close()
        self._tell.close()


class _OverError(Exception):
    """Nobody reads the answer any more."""


def _chunk(block: Audio, first: Audio) -> bytes:
    """Return a block as one chunk of the request, interleaved float32."""
    if (block.rate, block.channels) != (first.rate, first.channels):
        raise UsageError(
            f"a block has {block.rate} Hz and {block.channels} channels, "
            f"the first had {first.rate} Hz and {first.channels}; conform them first"
        )
    data = np.ascontiguousarray(block.samples.T, dtype="<f4").tobytes()
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""
