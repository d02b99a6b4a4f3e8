"""One process alone with a journal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import shown, writing

__all__ = ["LOCK", "is_locked", "locked"]

LOCK = ".journal.lock"
"""The lock's name in the folder for results."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock while the block runs; the system lets go of it when the process ends.

    Raises
    ------
    UsageError
        If another process holds it.
    OutputError
        If its folder cannot be written.
    """
    with writing(shown(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            _flock(handle)
        except BlockingIOError as error:
            raise UsageError(
                f"another process writes to {shown(path.parent)}; stop it, or choose an --output"
            ) from error
        except OSError as error:
            raise OutputError(f"cannot lock {shown(path)}: {error.strerror}") from error
        yield
    finally:
        os.close(handle)


def _flock(handle: int) -> None:
    """Take the lock; who only looks whether it is taken has it for a moment too."""
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_locked(path: Path) -> bool:
    """Return whether a process holds a lock."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
