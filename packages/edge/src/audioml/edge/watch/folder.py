"""A folder that is watched: brings every recording in it, sooner or later, and says how it is."""

from __future__ import annotations

import logging
import os
import queue
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audioml.core.files import shown

from ..rows import Found
from .hints import Hint, Hints
from .mounts import is_remote
from .scan import being_written, look, scan
from .settle import Settling
from .wanted import Wanted

__all__ = ["Folder", "Watching"]

log = logging.getLogger(__name__)
_GLANCE = 1.0  # seconds between looks at whether the folder is still the same
_BATCH = 4096  # hints that are taken before files are worked on


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How a folder is watched.

    Parameters
    ----------
    wanted
        Which names are recordings.
    recursive
        Whether folders within it are looked into.
    settle
        Seconds for which a file must not change unless it was seen to be closed.
    rescan
        Seconds from one look through the whole folder to the next.
    poll
        Seconds between such looks where events cannot be had; None: where the folder is on a
        network, every 2 s, else never.
    """

    wanted: Wanted = field(default_factory=Wanted)
    recursive: bool = True
    settle: float = 2.0
    rescan: float = 45.0
    poll: float | None = None


class Folder:
    """Watches one folder: subscribes, scans, takes events as hints, and scans again.

    ``away`` is why the folder cannot be watched now, or empty; it is looked for until it is back.
    """

    def __init__(self, path: Path, watching: Watching) -> None:
        self.path, self._how = path, watching
        self.overflows = self.scans = 0
        self.scan_seconds = 0.0
        self.away = "not looked at yet"
        self._hints: Hints | None = None
        self._queue: queue.SimpleQueue[Hint] = queue.SimpleQueue()
        self._settling = Settling(
            watching.settle,
            look=lambda inner: look(path, inner),
            writing=lambda inner: being_written(path / inner),
        )
        self._identity: tuple[int, int] | None = None
        self._next_glance = self._next_scan = 0.0
        self._every = watching.rescan
        self._closed: set[str] = set()

    def close(self) -> None:
        """Stop watching."""
        if self._hints is not None:
            self._hints.close()
            self._hints = None

    @property
    def settled(self) -> bool:
        """Return whether the whole folder was seen and no file is still waited for."""
        return not self.away and self.scans > 0 and not len(self._settling)

    def present(self) -> bool:
        """Return whether the folder that is watched is there at this moment."""
        try:
            about = os.stat(self.path)  # noqa: PTH116
        except OSError:
            return False
        return (about.st_dev, about.st_ino) == self._identity

    def wake(self) -> None:
        """Let a `find` that waits return at once; for other threads and signal handlers."""
        self._queue.put(("wake", ""))

    def look_again(self) -> None:
        """Look through the whole folder the next time, as where what was found got lost."""
        self._next_scan = 0.0

    def settle(self, found: Found) -> None:
        """Wait for a file that turned out to be another than what was found."""
        self._settling.watch(found)

    def find(self, timeout: float) -> Iterator[Found]:
        """Yield what may be worked on, as soon as there is something, at most ``timeout`` s later.

        A file may be yielded again.
        """
        hints = self._wait(timeout)
        now = time.monotonic()
        if now >= self._next_glance:
            self._next_glance = now + _GLANCE
            self._glance()
        if self.away:
            return
        yield from self._hinted(hints)
        if now >= self._next_scan:
            yield from self._scan()
        yield from self._settling.settled()

    def _wait(self, timeout: float) -> list[Hint]:
        until = [timeout, self._next_glance - time.monotonic()]
        if len(self._settling):
            until.append(min(0.2, self._how.settle / 4))
        hints: list[Hint] = []
        try:
            hints.append(self._queue.get(timeout=max(0.0, min(until))))
            while len(hints) < _BATCH:
                hints.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return hints

    def _hinted(self, hints: Iterable[Hint]) -> Iterator[Found]:
        for kind, path in dict.fromkeys(hints):
            if kind == "overflow":
                self.overflows += 1
                self._next_scan = 0.0
                log.warning("events of %s were lost; looking through it", shown(self.path))
            elif kind != "wake" and self._how.wanted(path):
                found = look(self.path, path)
                if found is None:
                    self._settling.forget(path)
                elif kind == "closed":
                    self._settling.forget(path)
                    yield found
                elif self._settling.admit(found):
                    yield found

    def _scan(self) -> Iterator[Found]:
        began = time.monotonic()
        self.scans += 1
        try:
            how = self._how
            for found in scan(
                self.path, how.wanted, recursive=how.recursive, closed=self._told_closed
            ):
                if self._settling.admit(found):
                    yield found
        except OSError as error:
            self._lost(f"{shown(self.path)} cannot be read: {error.strerror}")
        self.scan_seconds = time.monotonic() - began
        self._next_scan = time.monotonic() + self._every

    def _told_closed(self, path: str) -> None:
        """Say once of each folder that it may not be looked into."""
        if path not in self._closed:
            self._closed.add(path)
            log.warning("%s may not be looked into; its recordings wait", shown(self.path / path))

    def _glance(self) -> None:
        """Find out whether the folder is there, and is the one that is watched."""
        try:
            about = os.stat(self.path)  # noqa: PTH116
            if not os.access(self.path, os.R_OK | os.X_OK):
                raise PermissionError(13, "permission denied")
        except OSError as error:
            self._lost(f"{shown(self.path)}: {error.strerror}")
            return
        identity = about.st_dev, about.st_ino
        events_end = self._hints is not None and not self._hints.alive
        if self.away or identity != self._identity or events_end:
            self._arm(identity)

    def _arm(self, identity: tuple[int, int]) -> None:
        """Subscribe, and scan after that, so that nothing falls between."""
        self.close()
        polled = self._how.poll or (2.0 if is_remote(self.path) else None)
        self._every = polled or self._how.rescan
        if polled is None:
            try:
                self._hints = Hints(self.path, self._queue, recursive=self._how.recursive)
            except OSError as error:
                self._every = 2.0
                log.warning(
                    "%s cannot be watched (%s); looking every %g s instead",
                    *(shown(self.path), error.strerror or error, self._every),
                )
        if self._identity is not None:
            log.warning("%s is back", shown(self.path))
        self.away, self._identity, self._next_scan = "", identity, 0.0

    def _lost(self, reason: str) -> None:
        if not self.away or self._identity is None:
            log.warning("%s; waiting for it", reason)
            self._identity = self._identity or (0, 0)
        self.away = reason
        self.close()
