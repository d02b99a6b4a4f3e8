"""Waiting for somebody else's work, as long as anybody waits for the answer."""

from __future__ import annotations

import threading
import time

from .call import Call

__all__ = ["wait"]

_LOOK = 0.25  # seconds between looks whether the client is still there


def wait(done: threading.Event, call: Call) -> None:
    """Return once ``done`` is set.

    Raises
    ------
    LateError
        If the call's deadline passes first.
    GoneError
        If its client goes away first.
    """
    while not done.wait(min(_LOOK, max(0.001, call.deadline - time.monotonic()))):
        call.check()
