"""Tells systemd how the server is, over the socket that it names (sd_notify(3))."""

from __future__ import annotations

import contextlib
import os
import socket
import time

__all__ = ["Notifier"]


class Notifier:
    """Sends READY, WATCHDOG and STOPPING; does nothing where no service manager listens.

    The variables are taken out of the environment: what gunicorn and child processes would say
    there is none of their business.
    """

    def __init__(self) -> None:
        self._address = os.environ.pop("NOTIFY_SOCKET", "")
        period = float(os.environ.pop("WATCHDOG_USEC", "0")) / 1e6
        self._period = period / 3
        self._next = 0.0

    def ready(self) -> None:
        """Say that the server listens and its models are loaded."""
        self._send("READY=1")

    def alive(self) -> None:
        """Say that it goes on; sent as often as the service manager asked for."""
        now = time.monotonic()
        if self._period and now >= self._next:
            self._next = now + self._period
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that it ends because it shall."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out,
        ):
            out.setblocking(False)
            out.sendto(state.encode(), address)
