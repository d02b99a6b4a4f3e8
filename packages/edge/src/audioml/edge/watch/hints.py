"""What the system says of a folder while it changes."""

from __future__ import annotations

import logging
import os
import queue
from pathlib import Path
from typing import Literal

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

__all__ = ["Hint", "Hints"]

Hint = tuple[Literal["closed", "created", "overflow", "wake"], str]
_LOGGER = "watchdog.observers.inotify_c"


class Hints(FileSystemEventHandler):
    """Puts what happens to files into a queue, as paths within the folder.

    ``closed`` files are whole: their writer closed them, or they were renamed. ``created`` ones
    were moved or linked into the folder, or are being written to. An ``overflow`` says that the
    system dropped events: the folder must be scanned.

    Raises
    ------
    OSError
        If the folder cannot be watched: it is gone, or the system's limit is reached.
    """

    def __init__(self, folder: Path, hints: queue.SimpleQueue[Hint], *, recursive: bool) -> None:
        self._folder, self._hints = os.path.realpath(folder), hints  # a link has no events
        self._overflow = _OverflowHandler(hints)
        kinds: list[type[FileSystemEvent]] = [FileClosedEvent, FileCreatedEvent, FileMovedEvent]
        self._observer = Observer()
        self._observer.schedule(self, self._folder, recursive=recursive, event_filter=kinds)
        logging.getLogger(_LOGGER).addHandler(self._overflow)
        _silence()
        self._observer.start()

    def close(self) -> None:
        """Stop watching."""
        logging.getLogger(_LOGGER).removeHandler(self._overflow)
        self._observer.stop()
        self._observer.join(timeout=2.0)

    @property
    def alive(self) -> bool:
        """Return whether events still come."""
        return self._observer.is_alive() and all(e.is_alive() for e in self._observer.emitters)

    def on_closed(self, event: FileSystemEvent) -> None:
        """Take a file whose writer has closed it."""
        self._put("closed", event.src_path)

    def on_created(self, event: FileSystemEvent) -> None:
        """Take a file that appeared."""
        if not event.is_directory:
            self._put("created", event.src_path)

    def on_moved(self, event: FileSystemEvent) -> None:
        """Take a file that has a new name."""
        if not event.is_directory:
            self._put("closed", event.dest_path)

    def _put(self, kind: Literal["closed", "created"], path: bytes | str) -> None:
        inside = os.fsdecode(path)[len(self._folder) :].lstrip("/")
        self._hints.put((kind, inside))


def _silence() -> None:
    """Keep what watchdog says of its own affairs from standard error."""
    logger = logging.getLogger("watchdog")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


class _OverflowHandler(logging.Handler):
    """watchdog tells of lost events in its log alone."""

    def __init__(self, hints: queue.SimpleQueue[Hint]) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._hints.put(("overflow", ""))
