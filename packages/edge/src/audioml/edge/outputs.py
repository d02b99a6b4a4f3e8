"""Files that are written a group at a time, so that a group costs one sync and not one each."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Sequence
from pathlib import Path

from audioml.core.files import sync

from .results import Result
from .sinks.base import FileSink

__all__ = ["PARTIAL", "Outputs", "is_the_disks"]

PARTIAL = ".partial"
"""The folder, within that for results, of files that are not whole yet."""
_FEW = 4  # files that are synced one by one
_DISK = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM),
        *(errno.ENOENT, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.EMFILE, errno.ENFILE),
    }
)


def is_the_disks(error: OSError) -> bool:
    """Return whether a failure to write is the disk's, and not that of the file's name."""
    return error.errno in _DISK


class Outputs:
    """The files that a group of inputs becomes: written aside, synced together, then renamed.

    Parameters
    ----------
    folder
        Where they go.
    sinks
        What writes them.
    """

    def __init__(self, folder: Path, sinks: Sequence[FileSink]) -> None:
        self._folder, self._sinks = folder, sinks
        self._written: list[tuple[Path, Path]] = []
        self._renamed: set[Path] = set()

    def clean(self) -> None:
        """Remove what an end in the middle of a write left behind."""
        with contextlib.suppress(FileNotFoundError):
            for path in (self._folder / PARTIAL).iterdir():
                path.unlink(missing_ok=True)

    def exists(self, output: str) -> bool:
        """Return whether there is a file of that name, from before the journal's memory."""
        return any((self._folder / (output + sink.suffix)).exists() for sink in self._sinks)

    def write(self, result: Result, output: str) -> None:
        """Write the files of a result aside.

        Raises
        ------
        OSError
            If one cannot be written; none of this result stays.
        """
        before = len(self._written)
        try:
            for sink in self._sinks:
                final = self._folder / (output + sink.suffix)
                temporary = self._folder / PARTIAL / f"{result.key}{sink.suffix}.part"
                temporary.parent.mkdir(parents=True, exist_ok=True)
                final.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileNotFoundError):  # a name that is too long: here,
                    final.lstat()  # and not when the whole group is renamed
                self._written.append((temporary, final))
                sink.write(result, temporary)
        except BaseException:
            for temporary, _ in self._written[before:]:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            del self._written[before:]
            raise

    def publish(self) -> None:
        """Let everything written since the last time appear under its name, and last.

        Raises
        ------
        OSError
            If the disk is full or away; what is left can be published later.
        """
        _sync([temporary for temporary, _ in self._written], self._folder)
        while self._written:
            temporary, final = self._written[-1]
            final.parent.mkdir(parents=True, exist_ok=True)  # somebody may have tidied up
            temporary.rename(final)
            self._written.pop()
            self._renamed.add(final.parent)
        for folder in self._renamed:
            with contextlib.suppress(FileNotFoundError):
                sync(folder)
        self._renamed.clear()


def _sync(paths: Sequence[Path], folder: Path) -> None:
    if len(paths) > _FEW and _syncfs(folder):
        return
    for path in paths:
        sync(path)


def _syncfs(folder: Path) -> bool:
    """Sync a whole file system, which for many small files is much quicker than each by itself."""
    syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
    if syncfs is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return int(syncfs(handle)) == 0
    finally:
        os.close(handle)
