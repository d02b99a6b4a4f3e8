"""Points at which tests let the process die: ``AUDIOML_FAULT=after_write:3`` at the third time."""

from __future__ import annotations

import os
import signal

__all__ = ["point"]

_name, _, _count = os.environ.get("AUDIOML_FAULT", "").partition(":")
_left = int(_count or 1)


def point(name: str) -> None:
    """Die here, as at a power cut, if this point is the one named and its time has come."""
    global _left  # noqa: PLW0603 - it counts over the life of the process
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
