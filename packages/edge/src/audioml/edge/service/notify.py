"""Tells systemd how the service is, over the socket that it names (sd_notify(3))."""

from __future__ import annotations

import contextlib
import os
import socket
import time

__all__ = ["Notifier"]


class Notifier:
    """Sends READY, STATUS, WATCHDOG and STOPPING; does nothing where no service manager listens.

    The watchdog is fed by `progress` alone, which is called when work was done or there is none:
    a worker that hangs is restarted.
    """

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        period = float(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
        self._period = period / 3 if period else 10.0
        self._next = 0.0

    def ready(self) -> None:
        """Say that the service is up."""
        self._send("READY=1")

    def progress(self, status: str = "") -> None:
        """Say that it goes on; sent at most a few times in the period that systemd gave."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._period
            self._send("WATCHDOG=1" + (f"\nSTATUS={status}" if status else ""))

    def stopping(self) -> None:
        """Say that it ends because it shall."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
        ):
            out.sendto(state.encode(errors="replace"), address)
