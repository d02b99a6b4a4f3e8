"""A file that lines are appended to, each whole and each once, through crashes and full disks.

What makes it so: a batch is written in one go and synced before `append` returns; a batch that
fails is cut off again; a line that a crash left half is cut off when the file is opened; and
what the end of the file holds is remembered, so that a batch that is offered again adds nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from re import Pattern

from audioml.core.errors import OutputError
from audioml.core.files import replacing, shown, sync, writing

__all__ = ["AppendFile"]

_TAIL = 4 << 20  # bytes whose ids are read when the file is opened
_KEPT = 20_000  # ids that are remembered, about 2.5 MB; as many lines fill the tail
_BLOCK = 1 << 16
_sync = getattr(os, "fdatasync", os.fsync)  # which macOS lacks


class AppendFile:
    """Lines in a file, each with an id.

    One process at a time may have the file open. A file that was moved away or emptied, as
    logrotate does, is begun anew.

    Parameters
    ----------
    path
        The file; its folder is made if need be.
    pattern
        Finds the ids of whole lines: its first group, in multi-line mode, on bytes.
    """

    def __init__(self, path: Path, pattern: Pattern[bytes]) -> None:
        self.path = path
        self._pattern = pattern
        self._fd: int | None = None
        self._end = 0  # in bytes, of the last line that is whole
        self._known = 0  # bytes before the end whose ids are remembered
        self._seen: dict[bytes, None] = {}

    def ready(self) -> bool:
        """Open the file if it is not open, or no longer the one at its path; return whether so.

        Raises
        ------
        OutputError
            If it cannot be opened, is no regular file, or another process has it open.
        """
        with writing(shown(self.path)):
            if self._fd is not None and not self._moved(self._fd):
                return False
            self.close()
            self._open()
            return True

    def first(self) -> bytes:
        """Return the first line, without its end; empty in an empty file."""
        assert self._fd is not None
        length = _BLOCK
        while b"\n" not in (head := os.pread(self._fd, length, 0)) and length < self._end:
            length *= 2
        return head.partition(b"\n")[0]

    def append(self, lines: Iterable[tuple[bytes, bytes]], *, head: bytes = b"") -> None:
        """Append lines, given as (id, line with its end); they are on the disk on return.

        Lines whose id is at the end of the file already are left out. An empty file begins with
        ``head``.

        Raises
        ------
        OutputError
            If that is not possible; the file is then as it was.
        """
        self.ready()
        assert self._fd is not None
        batch = dict(lines)
        size = sum(map(len, batch.values()))
        with writing(shown(self.path)):
            if 2 * size > self._known:
                self._remember(self._fd, 2 * size)
            new = {name: text for name, text in batch.items() if name not in self._seen}
            if new:
                self._write((b"" if self._end else head) + b"".join(new.values()))
        self._seen |= dict.fromkeys(new)
        self._forget(2 * len(batch))

    def pad(self, head: bytes, suffix: bytes) -> None:
        """Replace the first line by ``head`` and put ``suffix`` at the end of all others."""
        with replacing(self.path) as temporary:
            with self.path.open("rb") as old, temporary.open("wb") as new:
                old.readline()
                new.write(head)
                new.writelines(line[:-1] + suffix + b"\n" for line in old)
                new.flush()
                _sync(new.fileno())
            shutil.copymode(self.path, temporary)
        self.ready()

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _moved(self, fd: int) -> bool:
        here = os.fstat(fd)
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        return (here.st_dev, here.st_ino, here.st_size) != (there.st_dev, there.st_ino, self._end)

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # never blocks: a named pipe is refused below
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        fd = os.open(self.path, flags, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OutputError(f"{shown(self.path)} must be a file, got a pipe or a device")
            self._lock(fd)
            self._end = _whole(fd)
            if self._end != os.fstat(fd).st_size:
                os.ftruncate(fd, self._end)
            _sync(fd)  # lines that a crash left unsynced will count as delivered
            if not self._end:
                _sync_folder(self.path.parent)
            self._remember(fd, _TAIL)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd

    def _lock(self, fd: int) -> None:
        import fcntl

        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"{shown(self.path)} is in use by another process; stop it, or name another file"
            ) from error
        except OSError:  # a file system that knows no locks
            pass

    def _remember(self, fd: int, size: int) -> None:
        begin = max(self._end - size, 0)
        tail = os.pread(fd, self._end - begin, begin)
        if begin:
            tail = tail.partition(b"\n")[2]  # the first line may be a part
        self._seen |= dict.fromkeys(found[1] for found in self._pattern.finditer(tail))
        self._known = size

    def _forget(self, least: int) -> None:
        excess = len(self._seen) - max(_KEPT, least)
        for name in list(itertools.islice(self._seen, max(excess, 0))):
            del self._seen[name]

    def _write(self, data: bytes) -> None:
        assert self._fd is not None
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._fd, left) :]
            _sync(self._fd)
        except BaseException:
            self._back()
            raise
        self._end += len(data)

    def _back(self) -> None:
        assert self._fd is not None
        try:
            os.ftruncate(self._fd, self._end)
            _sync(self._fd)
        except OSError:
            self.close()  # opening it again cuts what can be cut and reads what is there


def _whole(fd: int) -> int:
    """Return where the last whole line of a file ends, in bytes."""
    end = os.fstat(fd).st_size
    while end:
        begin = max(end - _BLOCK, 0)
        found = os.pread(fd, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # a file system that cannot
        sync(folder)
