"""Looks through a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..rows import Found
from .wanted import Wanted

__all__ = ["being_written", "look", "scan"]


def look(folder: Path, path: str) -> Found | None:
    """Return a file as it is now, a link being what it points to; None where there is none."""
    try:
        about = os.stat(folder / path)  # noqa: PTH116 - twice as quick as Path.stat
    except OSError:
        return None
    if not stat.S_ISREG(about.st_mode):
        return None
    return Found(path, about.st_size, about.st_mtime_ns)


def being_written(path: Path) -> bool | None:
    """Return whether somebody has a file open for writing; None where that cannot be known.

    Linux refuses a read lease then, and gives one only to the owner of the file. It tells the
    holder of a lease by SIGIO that it is broken, so this needs that signal to be ignored.
    """
    if not hasattr(fcntl, "F_SETLEASE") or signal.getsignal(signal.SIGIO) != signal.SIG_IGN:
        return None
    try:
        with path.open("rb") as file:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # not ours, or a file system without leases
        return None
    return False


def scan(
    folder: Path,
    wanted: Wanted,
    *,
    recursive: bool,
    closed: Callable[[str], None] = lambda _path: None,
) -> Iterator[Found]:
    """Yield every recording in a folder.

    Links to files are followed, links to folders are not. What vanishes meanwhile is passed over;
    ``closed`` is called with a folder that may not be looked into.

    Raises
    ------
    OSError
        If the folder itself cannot be read.
    """
    waiting = [""]
    with os.scandir(folder):  # the folder itself must be there
        pass
    while waiting:
        inner = waiting.pop()
        try:
            entries = os.scandir(folder / inner)
        except PermissionError:
            closed(inner)
            continue
        except OSError:
            continue
        with contextlib.suppress(OSError), entries:
            for entry in entries:
                path = f"{inner}/{entry.name}" if inner else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if recursive and not wanted.ignores(path):
                        waiting.append(path)
                elif wanted(path):
                    found = _entry(entry, path)
                    if found is not None:
                        yield found


def _entry(entry: os.DirEntry[str], path: str) -> Found | None:
    try:
        about = entry.stat()
    except OSError:
        return None
    return Found(path, about.st_size, about.st_mtime_ns) if stat.S_ISREG(about.st_mode) else None
