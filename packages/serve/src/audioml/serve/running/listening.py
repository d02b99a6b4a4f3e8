"""The socket that a server listens on."""

from __future__ import annotations

import array
import contextlib
import errno
import os
import socket
import stat
import struct
import sys
from pathlib import Path

from audioml.core.errors import AudiomlError, UsageError

__all__ = ["listen", "refuse_new", "where"]

_BACKLOG = 2048
_UNIX = "unix:"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Parameters
    ----------
    host
        A name, an address, or ``unix:/path``.
    port
        0 for one that is free; of no meaning for a path.

    Raises
    ------
    AudiomlError
        Where it cannot listen there; the sentence says why.
    """
    if host.startswith(_UNIX):
        return _listen_at_path(Path(host.removeprefix(_UNIX)))
    family, address = _resolved(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would share a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not host.strip(":"):
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AudiomlError(_why(error, host, port)) from error
    return listener


def where(listener: socket.socket) -> str:
    """Return the address that a client uses, such as ``http://127.0.0.1:8000``."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"{_UNIX}{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"


def refuse_new(listener: socket.socket) -> None:
    """Let no further client connect; those that are connected already can still be accepted.

    A socket that is closed resets every client that waits in its queue, and while clients keep
    coming the queue is never empty. Linux can drop what asks for a new connection (a packet with
    SYN and without ACK) by a filter on the listening socket, and such a client tries again. A path
    is removed. Elsewhere nothing happens.
    """
    if listener.family == getattr(socket, "AF_UNIX", None):
        with contextlib.suppress(OSError):
            os.unlink(listener.getsockname())  # noqa: PTH108 - may be bytes
    elif sys.platform == "linux":
        program = array.array("B", b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN))
        sock_fprog = struct.pack("HP", len(_DROP_SYN), program.buffer_info()[0])
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, sock_fprog)


_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_DROP_SYN = (  # a program of linux/filter.h; the packet begins with the header of TCP
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # then drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # else keep all of it
)


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    if not 0 <= port <= 65535:
        raise UsageError(f"port must be between 0 and 65535, got {port}")
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise AudiomlError(f"host {host!r} is unknown: {error}") from error
    found.sort(key=lambda each: each[0] != socket.AF_INET)  # 127.0.0.1 where localhost is both
    family, *_, address = found[0]
    return family, address  # type: ignore[return-value]  # of IPv6: two numbers more


def _listen_at_path(path: Path) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise UsageError("this system has no sockets at a path: give --host an address")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AudiomlError(f"{str(path)!r} is in use: end what listens there") from error
        raise AudiomlError(f"cannot listen at {str(path)!r}: {error.strerror or error}") from error
    return listener


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens on any more."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == errno.ECONNREFUSED:
                    path.unlink()


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} of {host} is in use: "
                "end what listens there, or choose another with --port"
            )
        case errno.EACCES | errno.EPERM:
            return (
                f"port {port} may not be opened by this user: ports below 1024 are for root; "
                "choose another with --port"
            )
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {host!r}: choose another with --host"
    return f"cannot listen on port {port} of {host}: {error.strerror or error}"
