"""The server where there is no fork: waitress, one process, replaced by nobody."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from waitress import create_server, wasyncore

from audioml.core.errors import AudiomlError

from .forwarded import Proxies
from .hosted import Build, Hosted, Limits
from .notify import Notifier

__all__ = ["serve"]

_INTERRUPTED = 130
_TURN = 0.2  # seconds
_QUIET = 1.0  # seconds without a request, after which idle connections are closed
_HEAD = 64 << 10  # bytes of a header


def serve(
    build: Build,
    limits: Limits,
    *,
    longer: Mapping[str, int],
    listener: socket.socket,
    ready: Callable[[], None],
) -> int:
    """Serve until a signal ends it, and return the exit code.

    waitress reads a request, and writes an answer, without holding a thread; a chunked upload is
    not answered before its end.

    Raises
    ------
    AudiomlError
        What `build` raised, or what the service is stuck with.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that all threads are busy
    notifier = Notifier()
    service = build()
    longest = max(limits.max_body, *longer.values(), 0)
    server = _server(service, limits, listener, longest=longest)
    ending = _Ending()
    ready()
    notifier.ready()
    asked = time.monotonic()
    while not ending.asked:
        _turn(server)
        notifier.alive()
        if time.monotonic() - asked >= 1.0:
            asked = time.monotonic()
            if sentence := service.stuck():
                raise AudiomlError(f"{sentence}; start the server again")
    notifier.stopping()
    service.drain()
    _drain(server, until=time.monotonic() + limits.grace)
    service.close()
    return 0


class _Ending:
    """Set by a signal; a second one ends the process."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_: Any) -> None:
        if self.asked:
            os._exit(_INTERRUPTED)
        self.asked = True


def _server(service: Hosted, limits: Limits, listener: socket.socket, *, longest: int) -> Any:
    app = Proxies(limits.forwarded_allow).applied(service.app)
    return create_server(
        _told(app),
        sockets=[listener],
        threads=limits.threads,
        connection_limit=limits.connections,
        channel_timeout=max(int(limits.body_timeout), 1),
        cleanup_interval=1,
        channel_request_lookahead=1,  # it reads on, and so learns that a client has gone
        max_request_body_size=longest,
        max_request_header_size=_HEAD,
        clear_untrusted_proxy_headers=False,  # they are judged by `Proxies`
        asyncore_use_poll=hasattr(select, "poll"),
        ident="audioml",
    )


def _told(app: Callable[..., Any]) -> Callable[..., Any]:
    """Return an application whose environment tells whether the client has gone."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        environ["audioml.disconnected"] = environ.get("waitress.client_disconnected")
        return app(environ, start_response)

    return call


def _turn(server: Any) -> None:
    wasyncore.loop(timeout=_TURN, map=server._map, use_poll=server.adj.asyncore_use_poll, count=1)  # noqa: SLF001


def _drain(server: Any, *, until: float) -> None:
    """Answer what was asked; connections that wait in the queue are accepted first."""
    busy = time.monotonic()
    closed = False
    while time.monotonic() < until:
        _turn(server)
        if any(_is_busy(channel) for channel in list(server.active_channels.values())):
            busy = time.monotonic()
        if not closed and time.monotonic() - busy >= _TURN:
            closed = True
            wasyncore.dispatcher.close(server)
        if time.monotonic() - busy >= _QUIET:
            break
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)  # noqa: SLF001


def _is_busy(channel: Any) -> bool:
    return bool(channel.requests or channel.request or channel.total_outbufs_len)
