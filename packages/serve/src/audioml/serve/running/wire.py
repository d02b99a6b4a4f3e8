"""The socket of a connection, as the thread that answers a request uses it."""

from __future__ import annotations

import select
import socket
import time

from .bodies import Room
from .hosted import Limits
from .pace import Pace

__all__ = ["Wire"]

_HELD = 1 << 20  # bytes of an answer that wait for a slow reader without a thread


class Wire:
    """Sends and receives on a socket that never blocks, waiting no longer than `Pace` allows.

    What the system does not take of an answer is held, up to a limit, for the event loop to send,
    so that a thread is free before a slow client has read everything.

    Parameters
    ----------
    sock
        Non-blocking.
    room
        Memory that held bytes of all connections take together.
    """

    __slots__ = ("_held", "_limits", "_receiving", "_room", "_sending", "_sock", "left")

    def __init__(self, sock: socket.socket, *, limits: Limits, room: Room) -> None:
        self._sock = sock
        self._limits = limits
        self._room = room
        self._held = 0  # bytes of `left` that were taken from the room
        self.left = bytearray()
        self.begin()

    def begin(self) -> None:
        """Judge the client afresh: a request begins."""
        limits = self._limits
        self._sending = Pace(timeout=limits.body_timeout, rate=limits.body_rate)
        self._receiving = Pace(timeout=limits.body_timeout, rate=limits.body_rate)

    def sending(self) -> Pace:
        """Return how the client takes the answer."""
        return self._sending

    def hurry(self, seconds: float) -> None:
        """Wait so long at most for further bytes of this request."""
        self._receiving = Pace(timeout=seconds, rate=0)

    def sendall(self, data: bytes) -> None:
        """Send, or hold for the event loop, all of it.

        Raises
        ------
        OSError
            If the client has gone, or takes too long.
        """
        if not self.left:
            sent = self._send(data)
            if sent == len(data):
                return
            data = data[sent:]
        self.left += data
        self.flush()
        while not self._may_hold():
            self._wait(select.POLLOUT, self._sending)
            self.flush()

    def offer(self, data: bytes) -> None:
        """Send what the system takes at once; the event loop calls this.

        Raises
        ------
        OSError
            If the client has gone.
        """
        self._send(data)

    def send(self, data: bytes) -> int:
        """Send as `sendall`, and return the number of bytes."""
        self.sendall(data)
        return len(data)

    def receive(self, number: int) -> bytes:
        """Return at least one byte, or none at the end.

        Raises
        ------
        OSError
            If the client has gone, or takes too long.
        """
        while True:
            try:
                data = self._sock.recv(number)
            except BlockingIOError:
                sending = select.POLLOUT if self.left else 0
                self._wait(select.POLLIN | sending, self._receiving)
                self.flush()  # the client may wait for it before it sends more
            else:
                self._receiving.moved(len(data))
                return data

    def flush(self) -> None:
        """Send what is held, as far as the system takes it."""
        while self.left:
            sent = self._send(self.left)
            if not sent:
                break
            del self.left[:sent]
        if len(self.left) < self._held:
            self._room.give(self._held - len(self.left))
            self._held = len(self.left)

    def drop(self) -> None:
        """Forget what is held."""
        self.left.clear()
        self._room.give(self._held)
        self._held = 0

    def gone(self) -> bool:
        """Return whether the client has closed its side, or the connection broke."""
        try:
            return not self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def silent(self) -> bool:
        """Return whether nothing that the client sent is unread."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def shutdown(self, how: int) -> None:
        """Refuse: gunicorn would wait for the client here, which the event loop does."""
        raise OSError("the event loop closes the connection")

    def close(self) -> None:
        """Do nothing: the event loop closes the connection."""

    def _send(self, data: bytes | bytearray) -> int:
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            return 0
        self._sending.moved(sent)
        return sent

    def _may_hold(self) -> bool:
        more = len(self.left) - self._held
        if more > 0:
            if len(self.left) > _HELD or not self._room.take(more):
                return False
            self._held += more
        return True

    def _wait(self, events: int, pace: Pace) -> None:
        poll = select.poll()
        poll.register(self._sock, events)
        began = time.monotonic()
        poll.poll(pace.patience * 1000)
        pace.waited(time.monotonic() - began)
        if pace.late:
            raise TimeoutError("the client is too slow")
