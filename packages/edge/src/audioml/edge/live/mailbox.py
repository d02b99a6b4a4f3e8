"""What goes back to a client, which may first say all it has to say and then listen."""

from __future__ import annotations

import collections
import socket
import threading

__all__ = ["Mailbox"]

_LIMIT = 4 << 20  # bytes that wait for a client that does not read


class Mailbox:
    """Sends from a thread of its own, so that a client that does not read yet holds nobody up.

    Parameters
    ----------
    peer
        The socket; it is not closed here.
    patience
        Seconds for which a sender waits where the mailbox is full.
    """

    def __init__(self, peer: socket.socket, *, patience: float) -> None:
        self._peer, self._patience = peer, patience
        self._waiting: collections.deque[bytes] = collections.deque()
        self._size = 0
        self._failure: OSError | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)
        self._thread.start()

    def send(self, data: bytes) -> None:
        """Take bytes to be sent.

        Raises
        ------
        OSError
            If the client is gone, or has read nothing while too much waited for it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._size < _LIMIT, self._patience)
            if self._failure is not None:
                raise self._failure
            if self._size >= _LIMIT:
                self._failure = TimeoutError("it does not read them")
                raise self._failure
            self._waiting.append(data)
            self._size += len(data)
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Wait until all is sent, or the client is gone, or for some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._size, seconds)
            self._failure = self._failure or BrokenPipeError("the conversation is over")
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._failure or self._waiting)
                if self._failure is not None:
                    return
                data = self._waiting.popleft()
            try:
                self._peer.sendall(data)
            except OSError as error:
                self._failure = error
            with self._changed:
                self._size -= len(data)
                self._changed.notify_all()
