"""Whether it shall end, and whether the file in hand still has time."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable

__all__ = ["Ending", "Stopped"]

_GRACE = 1.0  # seconds for the file in hand


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The work on a file was given up because it shall end; the file waits as before."""


class Ending:
    """Set once, from any thread or by a signal handler.

    Nothing here takes a lock: a handler runs in the middle of whatever the main thread does.

    Parameters
    ----------
    asked
        Called when it is set, to wake who waits for something else.
    """

    def __init__(self, asked: Callable[[], None] = lambda: None) -> None:
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._at = float("inf")
        self._asked = asked

    def ask(self) -> None:
        """Let everything end soon."""
        if not self:
            self._at = time.monotonic()
            self._woken.put(None)
            self._asked()

    def __bool__(self) -> bool:
        return self._at < float("inf")

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until it shall end."""
        if not self:
            with contextlib.suppress(queue.Empty):
                self._woken.get(timeout=seconds)

    def check(self) -> None:
        """Let the work on the file in hand end where its time is over.

        Raises
        ------
        Stopped
            If it is.
        """
        if time.monotonic() - self._at > _GRACE:
            raise Stopped
