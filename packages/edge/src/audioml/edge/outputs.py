"""Files that are written a group at a time, so that a group costs one sync and not one each."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

from .results import Result
from .sinks.base import FileSink

__all__ = ["Outputs"]

_FEW = 4  # files that are synced one by one


class Outputs:
    """The files that a group of inputs becomes: written beside, synced together, then renamed.

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
        self._folders: set[Path] = set()

    def clean(self) -> None:
        """Remove what an end in the middle of a write left behind."""
        for path in self._folder.rglob(".*.part"):
            path.unlink(missing_ok=True)

    def exists(self, output: str) -> bool:
        """Return whether there is a file of that name, from before the journal's memory."""
        return any((self._folder / (output + sink.suffix)).exists() for sink in self._sinks)

    def write(self, result: Result, output: str) -> None:
        """Write the files of a result beside where they will be.

        Raises
        ------
        OSError
            If one cannot be written; none of this result stays.
        """
        before = len(self._written)
        try:
            for sink in self._sinks:
                final = self._folder / (output + sink.suffix)
                self._prepare(final.parent)
                temporary = final.with_name(f".{final.name[-200:]}.part")
                self._written.append((temporary, final))
                sink.write(result, temporary)
        except BaseException:
            self._drop(before)
            raise

    def publish(self) -> None:
        """Let everything written since the last time appear under its name, and last.

        Raises
        ------
        OSError
            If the disk is full, or the files cannot be renamed; they can be published later.
        """
        if not self._written:
            return
        _sync([temporary for temporary, _ in self._written], self._folder)
        for temporary, final in self._written:
            with contextlib.suppress(FileNotFoundError):  # renamed before publishing failed
                temporary.rename(final)
        for folder in {final.parent for _, final in self._written}:
            _fsync(folder)
        self._written.clear()

    def drop(self) -> None:
        """Give up what was written and not published."""
        self._drop(0)

    def _drop(self, first: int) -> None:
        for temporary, _ in self._written[first:]:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        del self._written[first:]

    def _prepare(self, folder: Path) -> None:
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)


def _sync(paths: Sequence[Path], folder: Path) -> None:
    if len(paths) > _FEW and _syncfs(folder):
        return
    for path in paths:
        _fsync(path)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
