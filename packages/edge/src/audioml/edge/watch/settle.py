"""Waits until a file that nobody was seen to close has stopped changing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..rows import Found

__all__ = ["Settling"]

_RECENT = 60.0  # seconds


class Settling:
    """Files that may still be written to.

    Parameters
    ----------
    seconds
        How long a file's size and time must stay as they are.
    look
        Returns a file as it is now.
    writing
        Returns whether somebody has it open for writing, or None where that cannot be known.
    clock
        Seconds that only ever grow.
    """

    def __init__(
        self,
        seconds: float,
        *,
        look: Callable[[str], Found | None],
        writing: Callable[[str], bool | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._look, self._writing, self._clock = seconds, look, writing, clock
        self._since: dict[str, tuple[Found, float]] = {}

    def __len__(self) -> int:
        return len(self._since)

    def admit(self, found: Found) -> bool:
        """Return whether a file that a scan found has settled; if not, it is waited for.

        One that was last changed a minute ago or more is settled at once, and a younger one if
        nobody has it open. A time that lies ahead says nothing, as where a clock was set back, so
        such a file is watched.
        """
        age = time.time() - found.mtime_ns / 1e9
        if age >= self._seconds and (age >= _RECENT or self._writing(found.path) is False):
            self.forget(found.path)
            return True
        self.watch(found)
        return False

    def watch(self, found: Found) -> None:
        """Wait for a file; a change begins the wait anew."""
        before = self._since.get(found.path)
        if before is None or before[0] != found:
            self._since[found.path] = found, self._clock()

    def forget(self, path: str) -> None:
        """Wait for a file no more, since it was closed or is gone."""
        self._since.pop(path, None)

    def settled(self) -> Iterator[Found]:
        """Yield the files that have stopped changing and that nobody has open for writing."""
        now = self._clock()
        for path, (before, since) in list(self._since.items()):
            if now - since < self._seconds:
                continue
            found = self._look(path)
            if found is None:
                self.forget(path)
            elif found == before and not self._writing(path):
                self.forget(path)
                yield found
            else:
                self._since[path] = found, now
