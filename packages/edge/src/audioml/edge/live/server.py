"""Clients that come to a socket, each in a thread of its own."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audioml.core.errors import AudiomlError

from .base import Handler
from .conversation import Conversation, Names
from .mailbox import Mailbox
from .waiting import POLL, Waiting
from .wyoming import Event, pack

__all__ = ["Server"]

log = logging.getLogger(__name__)

_SEND = 2.0  # seconds that a client may leave its replies unread
_LAST = 10.0  # seconds in which a client may still read what waits for it
_BRIEF = 0.01  # seconds that others wait at the door meanwhile
_GRACE = 2.0  # seconds in which a stop lets streams come to their end


@dataclass(frozen=True, slots=True)
class Server:
    """Lets clients in, as many at a time as there are ``connections``.

    ``idle`` is the time in seconds after which a client that says nothing is sent away, or None;
    ``info`` goes with the answer to ``describe``.
    """

    name: str
    connections: int = 16
    idle: float | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    def run(self, listener: socket.socket, handle: Handler, stop: threading.Event) -> None:
        """Take streams until ``stop`` is set; the listener is closed then, and all clients."""
        names, guests = Names(self.name), list[_Guest]()
        listener.settimeout(POLL)
        with listener:
            while not stop.is_set():
                guest = self._let_in(listener, len(guests))
                guests = [each for each in guests if each.thread.is_alive()]
                if guest is None:
                    continue
                if len(guests) >= self.connections:
                    _refuse(guest, f"{self.connections} connections are open, which is the limit")
                    continue
                guests.append(self._receive(guest, names, handle, stop))
        _part(guests)

    def _let_in(self, listener: socket.socket, guests: int) -> socket.socket | None:
        try:
            return listener.accept()[0]
        except TimeoutError:
            return None
        except OSError as error:  # such as too many open files: those here go on
            log.warning("no connection could be accepted beside %d: %s", guests, error)
            time.sleep(POLL)
            return None

    def _receive(
        self, peer: socket.socket, names: Names, handle: Handler, stop: threading.Event
    ) -> _Guest:
        def talk() -> None:
            with peer:
                self._talk(peer, names, handle, stop)
                _farewell(peer, POLL)

        thread = threading.Thread(target=talk, name=f"{self.name}-guest", daemon=True)
        thread.start()
        return _Guest(peer, thread)

    def _talk(
        self, peer: socket.socket, names: Names, handle: Handler, stop: threading.Event
    ) -> None:
        peer.settimeout(None)
        if peer.family != getattr(socket, "AF_UNIX", None):  # results are small and wanted at once
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = Waiting(peer.fileno(), peer.recv_into, stop, idle=self.idle)
        reader = io.BufferedReader(waiting, 1 << 16)
        mailbox = Mailbox(peer, patience=_SEND)
        conversation = Conversation(reader, mailbox.send, names=names, info=self.info)
        try:
            conversation.run(handle)
        except AudiomlError as error:
            log.warning("a client of %s was sent away: %s", self.name, error)
        except Exception as error:  # one client must not end what serves the others
            log.exception("a stream of %s failed", self.name)
            conversation.say("error", {"text": f"the stream failed: {error}", "code": "internal"})
        finally:
            mailbox.close(_LAST)


@dataclass(frozen=True, slots=True)
class _Guest:
    peer: socket.socket
    thread: threading.Thread


def _refuse(peer: socket.socket, why: str) -> None:
    log.warning("a client was refused: %s", why)
    with peer:
        peer.settimeout(POLL)
        with contextlib.suppress(OSError):
            peer.sendall(pack(Event("error", {"text": why, "code": "busy"})))
        _farewell(peer, _BRIEF)


def _part(guests: list[_Guest]) -> None:
    """Wait for streams to end as they were told; then close what does not."""
    deadline = time.monotonic() + _GRACE
    for guest in guests:
        guest.thread.join(max(0.0, deadline - time.monotonic()))
    late = [guest for guest in guests if guest.thread.is_alive()]
    for guest in late:
        _shut(guest.peer, socket.SHUT_RDWR)
    for guest in late:
        guest.thread.join(_GRACE)
        if guest.thread.is_alive():
            log.error("a stream did not end within %g s of being told to", 2 * _GRACE)


def _shut(peer: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        peer.shutdown(how)


def _farewell(peer: socket.socket, seconds: float) -> None:
    """Let what was sent arrive: closing while there is something to read would discard it."""
    _shut(peer, socket.SHUT_WR)
    deadline = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        peer.settimeout(seconds)
        while peer.recv(1 << 16) and time.monotonic() < deadline:
            pass
