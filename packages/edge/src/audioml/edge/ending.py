"""Whether it shall end, and whether the file in hand still has time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Ending", "Stopped"]

_GRACE = 1.0  # seconds for the file in hand


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The work on a file was given up because it shall end; the file waits as before."""


class Ending:
    """Set once, from any thread or by a signal handler.

    Parameters
    ----------
    asked
        Called when it is set, to wake who waits for something else.
    """

    def __init__(self, asked: Callable[[], None] = lambda: None) -> None:
        self._event = threading.Event()
        self._at = float("inf")
        self._asked = asked

    def ask(self) -> None:
        """Let everything end soon."""
        if not self._event.is_set():
            self._at = time.monotonic()
            self._event.set()
            self._asked()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until it shall end."""
        self._event.wait(seconds)

    def check(self) -> None:
        """Let the work on the file in hand end where its time is over.

        Raises
        ------
        Stopped
            If it is.
        """
        if time.monotonic() - self._at > _GRACE:
            raise Stopped
