"""What the event loop does for connections: it reads requests, and sees answers off."""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from gunicorn.config import Config

from .bodies import Storage
from .connection import Connection
from .hosted import Limits
from .refusal import Refused, answer

__all__ = ["Reception"]

KEEPALIVE = 75.0  # seconds that an idle connection is kept; balancers give up after 60
_FARTHEST = 64 << 10  # bytes read at once while a header is expected
_ONCE = 64  # connections accepted at once, where no other process would take some
_SETTLED = 0.5  # seconds after which a silent connection may have to make room
_LINGER = 2.0  # seconds for a client to read why it was refused
_DISCARDED = 32 << 20  # bytes that it may send meanwhile
_SOON = 0.1  # seconds until it is tried again to accept

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Reception:
    """Keeps the connections, and talks to those that no thread is busy with. It never blocks.

    Parameters
    ----------
    begin
        Takes a connection whose request is there; it comes back by `done`.
    log
        Called with the traceback of a bug at hand.
    """

    def __init__(
        self,
        poller: selectors.BaseSelector,
        *,
        config: Config,
        limits: Limits,
        longer: Mapping[str, int],
        begin: Callable[[Connection], None],
        log: Callable[[str], None],
    ) -> None:
        self._poller = poller
        self._once = _ONCE if config.workers == 1 else 1
        self._config = config
        self._limits = limits
        self._begin = begin
        self._log = log
        self._storage = Storage(max_body=limits.max_body, longer=longer)
        self._space = memoryview(bytearray(1 << 20))
        self._listeners: dict[socket.socket, Any] = {}
        self._accepting = False
        self._waiting: dict[Connection, None] = {}  # no header yet; the longest wait comes first
        self._receiving: dict[Connection, None] = {}  # no whole body yet
        self._busy: dict[Connection, None] = {}  # a thread has them
        self._leaving: dict[Connection, None] = {}  # an answer is sent, or the end awaited
        self._idle_until = float("inf")
        self.open = 0
        self.accepted = 0.0  # when the last connection came

    def listen(self, listeners: Sequence[socket.socket]) -> None:
        """Accept connections."""
        for listener in listeners:
            listener.setblocking(False)
            self._listeners[listener] = listener.getsockname()
        self._accept_again()

    def close_doors(self) -> None:
        """Accept no more."""
        self._pause()
        self._listeners.clear()

    @property
    def patience(self) -> float:
        """Seconds after which `sweep` must be called again."""
        return 1.0 if self._accepting or not self._listeners else _SOON

    def hasten(self, until: float) -> None:
        """Let each connection have its last answer; close those that wait for a request at a time.

        Parameters
        ----------
        until
            By `time.monotonic`.
        """
        self._idle_until = until
        for connection in self._busy:
            if connection.request is not None:
                connection.request.last = True

    def sweep(self) -> None:
        """Send away who takes too long."""
        now = time.monotonic()
        for connection in list(self._waiting):
            self._check_waiting(connection, now - connection.since)
        for connection in list(self._receiving):
            self._check_pace(connection, "the body of the request takes too long")
        for connection in list(self._leaving):
            if connection.pace is not None:
                self._check_pace(connection, "")
            elif now - connection.since >= _LINGER:
                self._close(connection)
        if self._listeners and not self._accepting:
            self._accept_again()

    def done(self, connection: Connection, *, keep: bool) -> None:
        """Take a connection back whose request was answered."""
        connection.keep = keep
        if not connection.sock.left:
            self._after_answer(connection)
            return
        connection.drop()
        connection.pace = connection.sock.sending()
        connection.since = time.monotonic()
        self._move(connection, self._leaving)
        self._watch(connection, _WRITE)

    def refuse(self, connection: Connection, refused: Refused) -> None:
        """Answer a request that the application shall not see, and close."""
        connection.drop()
        try:
            connection.sock.offer(answer(refused.status, str(refused)))
        except OSError:
            self._close(connection)
        else:
            self._linger(connection)

    def close(self) -> None:
        """Close every connection that no thread has."""
        self.close_doors()
        for place in (self._waiting, self._receiving, self._leaving):
            for connection in list(place):
                self._close(connection)

    # -- connections come

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(self._once):
            if self.open >= self._limits.connections and not self._made_room():
                self._pause()
                return
            try:
                raw, client = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                    self._pause()
                    return
                continue  # the client has gone
            self._enter(raw, client, self._listeners[listener])

    def _enter(self, raw: socket.socket, client: Any, server: Any) -> None:
        raw.setblocking(False)
        if sys.platform != "linux" and raw.family != socket.AF_UNIX:  # there it is inherited
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(raw, client, server, limits=self._limits, storage=self._storage)
        connection.watcher = partial(self._happened, connection)
        self.open += 1
        self.accepted = connection.since
        self._move(connection, self._waiting)
        self._watch(connection, _READ)

    def _made_room(self) -> bool:
        """Close the connection that has waited longest for nothing."""
        oldest = next(iter(self._waiting), None)
        if oldest is None or time.monotonic() - oldest.since < _SETTLED:
            return False
        if not oldest.sock.silent():  # it will be read in a moment
            return False
        self._close(oldest)
        return True

    def _pause(self) -> None:
        if self._accepting:
            for listener in self._listeners:
                self._poller.unregister(listener)
        self._accepting = False

    def _accept_again(self) -> None:
        for listener in self._listeners:
            self._poller.register(listener, _READ, self._accept)
        self._accepting = True

    # -- requests come

    def _happened(self, connection: Connection, _: socket.socket) -> None:
        try:
            if connection.place is self._leaving:
                self._see_off(connection)
            elif connection.place is self._waiting or connection.place is self._receiving:
                self._read(connection)
        except OSError:
            self._close(connection)
        except Exception:  # noqa: BLE001 - whatever it is, other connections go on
            self._log("a connection failed")
            self._close(connection)

    def _read(self, connection: Connection) -> None:
        body = connection.body
        space = self._space[: _FARTHEST if body is None else body.missing]
        try:
            number = connection.raw.recv_into(space)
        except BlockingIOError:
            return
        if not number:
            self._close(connection)
            return
        try:
            connection.take(space[:number])
        except Refused as refused:
            self.refuse(connection, refused)
        else:
            self._step(connection)

    def _step(self, connection: Connection) -> None:
        """Hand the request on if it is there."""
        try:
            there = connection.advance(self._config)
        except Refused as refused:
            self.refuse(connection, refused)
            return
        if there:
            self._watch(connection, 0)
            self._move(connection, self._busy)
            self._begin(connection)
            return
        self._move(connection, self._waiting if connection.body is None else self._receiving)
        self._watch(connection, _READ)

    # -- answers go

    def _after_answer(self, connection: Connection) -> None:
        whole = connection.stream is None or connection.stream.ended
        connection.finish()
        if connection.keep:
            self._step(connection)  # the next request may be there already
        elif whole and not connection.buffer and connection.sock.silent():
            self._close(connection)
        else:
            self._linger(connection)

    def _see_off(self, connection: Connection) -> None:
        if connection.pace is None:
            self._discard(connection)
            return
        connection.tick()
        connection.sock.flush()
        if not connection.sock.left:
            connection.pace = None
            self._after_answer(connection)

    def _linger(self, connection: Connection) -> None:
        """Let the client read the answer before the connection closes.

        Closed with bytes unread, it would be reset, and the answer lost on its way.
        """
        connection.drop()
        try:
            connection.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(connection)
            return
        connection.since = time.monotonic()
        self._move(connection, self._leaving)
        self._watch(connection, _READ)

    def _discard(self, connection: Connection) -> None:
        number = connection.raw.recv_into(self._space)
        connection.discarded += number
        if not number or connection.discarded > _DISCARDED:
            self._close(connection)

    # -- clients that are late

    def _check_waiting(self, connection: Connection, waited: float) -> None:
        idle = not connection.buffer
        if waited >= (KEEPALIVE if idle and not connection.fresh else self._limits.header_timeout):
            if idle:
                self._close(connection)
            else:
                self.refuse(connection, Refused(408, "the header of the request takes too long"))
        elif idle and time.monotonic() >= self._idle_until:
            self._close(connection)

    def _check_pace(self, connection: Connection, detail: str) -> None:
        connection.tick()
        if connection.pace is not None and connection.pace.late:
            if detail:
                self.refuse(connection, Refused(408, detail))
            else:
                self._close(connection)

    # -- where connections are kept

    def _move(self, connection: Connection, place: dict[Connection, None] | None) -> None:
        if connection.place is place:
            return
        if connection.place is not None:
            del connection.place[connection]
        connection.place = place
        if place is not None:
            place[connection] = None

    def _watch(self, connection: Connection, events: int) -> None:
        if events == connection.events:
            return
        if not events:
            self._poller.unregister(connection.raw)
        elif connection.events:
            self._poller.modify(connection.raw, events, connection.watcher)
        else:
            self._poller.register(connection.raw, events, connection.watcher)
        connection.events = events

    def _close(self, connection: Connection) -> None:
        if connection.watcher is None:
            return
        connection.watcher = None
        self._watch(connection, 0)
        self._move(connection, None)
        connection.drop()
        connection.sock.drop()
        connection.raw.close()
        self.open -= 1
