"""What the server hosts, and the numbers it is run by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Build", "Hosted", "Limits"]


class Hosted(Protocol):
    """What answers requests; made in each worker process, by a `Build`."""

    @property
    def app(self) -> Callable[..., Any]:
        """The WSGI application."""

    def drain(self) -> None:
        """Be told, once, that the process shall end: no new jobs, and not ready any more."""

    def close(self) -> None:
        """Be told that the last request was answered."""

    def stuck(self) -> str | None:
        """Return a sentence where the process must be replaced, as for a model that hangs."""


Build = Callable[[], Hosted]


class Limits(Protocol):
    """How the process is run; `audioml.serve.settings.Settings` is one."""

    @property
    def host(self) -> str:
        """A name, an IPv4 or IPv6 address, or ``unix:/path``."""

    @property
    def port(self) -> int:
        """0 for one that is free."""

    @property
    def workers(self) -> int:
        """Processes, each with its own models."""

    @property
    def threads(self) -> int:
        """Requests that are answered at the same time in a process."""

    @property
    def connections(self) -> int:
        """Connections held open in a process, busy and idle ones."""

    @property
    def header_timeout(self) -> float:
        """Seconds for a header, from its first byte to its last."""

    @property
    def body_timeout(self) -> float:
        """Seconds without a byte of a body, sent or received."""

    @property
    def body_rate(self) -> float:
        """Bytes per second that a client must keep up, on average."""

    @property
    def max_body(self) -> int:
        """Bytes of a body whose length is told beforehand."""

    @property
    def grace(self) -> float:
        """Seconds in which everything ends once it is asked to."""

    @property
    def hang(self) -> float:
        """Seconds after which a process that shows no life is killed."""

    @property
    def forwarded_allow(self) -> str:
        """Addresses and networks of proxies that are believed, with commas; ``*`` for all."""
