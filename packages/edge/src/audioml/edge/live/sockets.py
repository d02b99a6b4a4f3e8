"""Sockets that take Wyoming streams."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import socket
import stat
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import AudioError, UsageError

from .base import Handler
from .server import Server

__all__ = ["Tcp", "Unix"]

log = logging.getLogger(__name__)


_STRANGERS = 60.0  # seconds that a connection from outside may be silent


class Unix:
    """A unix socket.

    Parameters
    ----------
    path
        Where the socket is; what a process that is no more has left there is replaced.
    mode
        Who may connect; only the user who runs this by default.
    connections
        How many clients may be there at a time.
    idle
        Seconds without a byte after which a client is sent away; None keeps it.
    info
        Goes with the answer to ``describe``.
    """

    def __init__(
        self,
        path: str,
        *,
        mode: int = 0o600,
        connections: int = 16,
        idle: float | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self._path, self._mode = Path(path), mode
        self._server = Server("unix", connections, idle, info or {})

    def run(self, handle: Handler, stop: threading.Event, /) -> None:
        """Listen until ``stop`` is set; the socket's file is gone then.

        Raises
        ------
        UsageError
            If something else is at the path, or somebody listens there already.
        AudioError
            If the socket cannot be made.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise UsageError("this system has no unix sockets; listen on tcp:PORT instead")
        _make_way(self._path)
        with self._listening() as listener:
            log.info("listening on unix:%s", self._path)
            self._server.run(listener, handle, stop)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            try:
                mask = os.umask(0o777 & ~self._mode)  # never more open, not even for a moment
                try:
                    listener.bind(str(self._path))
                finally:
                    os.umask(mask)
                listener.listen(self._server.connections)
            except OSError as error:
                raise AudioError(f"cannot listen on unix:{self._path}: {error}") from error
            ours = self._path.stat()
            try:
                yield listener
            finally:
                _remove(self._path, ours)


class Tcp:
    """A TCP port, of this machine alone unless ``public``: whoever connects is believed.

    Parameters
    ----------
    address
        ``PORT``, ``HOST:PORT`` or ``[IPV6]:PORT``; port 0 takes a free one.
    public
        Lets HOST be an address that other machines reach.
    connections, idle, info
        As of `Unix`.
    """

    def __init__(
        self,
        address: str,
        *,
        public: bool = False,
        connections: int = 16,
        idle: float | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        self._host, self.port = _parsed(str(address), "0.0.0.0" if public else "127.0.0.1")  # noqa: S104
        self._public = public
        idle = _STRANGERS if idle is None and public else idle
        self._server = Server("tcp", connections, idle, info or {})

    def run(self, handle: Handler, stop: threading.Event, /) -> None:
        """Listen until ``stop`` is set; ``port`` is the one that was taken.

        Raises
        ------
        UsageError
            If the address is open to others and nobody said that it may be.
        AudioError
            If the port cannot be had.
        """
        if not self._public and not _is_loopback(self._host):
            raise UsageError(
                f"{self._host!r} can be reached by other machines, and whoever connects is "
                "believed; listen on 127.0.0.1, or say --public"
            )
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listener = socket.create_server((self._host, self.port), family=family)
        except OSError as error:
            raise AudioError(f"cannot listen on tcp:{self._host}:{self.port}: {error}") from error
        self.port = int(listener.getsockname()[1])
        log.info("listening on tcp:%s:%d", self._host, self.port)
        self._server.run(listener, handle, stop)


def _parsed(address: str, default: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"expected tcp:PORT or tcp:HOST:PORT, got {'tcp:' + address!r}")
    return host.strip("[]") or default, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _make_way(path: Path) -> None:
    """Remove the socket file of a process that is no more."""
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise UsageError(f"{str(path)!r} is there and is no socket; choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.settimeout(1.0)
            probe.connect(str(path))
        except ConnectionRefusedError:
            _remove(path, found)
            return
        except OSError as error:
            raise AudioError(f"cannot tell who listens on unix:{path}: {error}") from error
    raise UsageError(f"somebody listens on unix:{path} already; stop that, or choose another path")


def _remove(path: Path, ours: os.stat_result) -> None:
    """Remove a file if it is still the one that is meant."""
    with contextlib.suppress(OSError):
        if os.path.samestat(path.lstat(), ours):
            path.unlink()
