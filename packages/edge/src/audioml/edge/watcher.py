"""The loop: find files, work on them, finish them, and say how it goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from .database import Database
from .dispatch import Dispatcher
from .ending import Ending, Stopped
from .journal import Journal
from .rows import Finished, Found
from .service.counts import Counts
from .service.disk import Housekeeper
from .service.notify import Notifier
from .watch.folder import Folder
from .worker import Worker

__all__ = ["Watcher"]

log = logging.getLogger(__name__)
_BATCH = 64
_IDLE = 1.0  # seconds
_PAUSE = 1.0  # seconds before a disk that took nothing is tried again
_NOTES = 5.0  # seconds between notes for `status`


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Watches one folder until it is stopped, or with ``once`` until nothing waits.

    Parameters
    ----------
    folder, worker, database, journal, dispatcher, housekeeper, notifier, counts
        Its parts.
    ending
        What stops it.
    newest
        Whether the newest file comes first.
    once
        Whether it ends when every file has come to its end.
    told
        Called with files that came to their end, as to draw a bar.
    """

    folder: Folder
    worker: Worker
    database: Database
    journal: Journal
    dispatcher: Dispatcher
    housekeeper: Housekeeper
    notifier: Notifier
    counts: Counts
    ending: Ending
    newest: bool = False
    once: bool = False
    told: Callable[[Sequence[Finished]], None] = lambda _finished: None
    _next_note: float = 0.0
    _busy: bool = False
    _missed: bool = False

    def run(self) -> None:
        """Watch."""
        while not self._attempt(self._recover) and not self.ending:
            pass
        self.notifier.ready()
        self.dispatcher.start()
        try:
            while not self.ending and not self.dispatcher.broken:
                if not self._attempt(self._round):
                    self._attempt(self._make_room)
                elif self.once and self._nothing_left():
                    break
            self._attempt(self._finish)
        finally:
            self.notifier.stopping()
            self.folder.close()
            self.dispatcher.close(lambda: bool(self.ending) or not self.once)
            self._attempt(self._last)

    def _recover(self) -> None:
        self._tell(self.worker.recover())
        self.housekeeper.catch_up()

    def _last(self) -> None:
        self.worker.rest()
        self._note()

    def _round(self) -> None:
        """Find files, and work on some of those that wait."""
        self._take_up()
        rows = [] if self.folder.away else self.worker.waiting(_BATCH, newest=self.newest)
        for row in rows:
            if self.ending:
                break
            try:
                if not self.worker.work(row):
                    break
            except Stopped:
                break
            if self.worker.full:
                self._finish()
        if len(rows) < _BATCH:
            self._finish()
        self._watch_over(waiting=len(rows))

    def _take_up(self) -> None:
        """Find files; where the journal cannot take them, look for them again once it can."""
        if self._missed:
            self._note()
            self._missed = False
            self.folder.look_again()
        try:
            self.journal.add(self._until_the_end(self.folder.find(self._patience())))
        except OSError:
            self._missed = True
            raise

    def _until_the_end(self, found: Iterator[Found]) -> Iterator[Found]:
        """Yield what is found; very many files must hold up neither the end nor the watchdog."""
        for number, each in enumerate(found):
            if number % _BATCH == 0:
                self.notifier.progress(f"{number} files looked at")
                if self.ending:
                    return
            yield each

    def _patience(self) -> float:
        """Return how long there is nothing to do but to wait, in seconds."""
        if self._busy:
            return 0.0
        due = self.worker.next_due
        return _IDLE if due is None else max(0.0, min(_IDLE, due))

    def _finish(self) -> None:
        self._tell(self.worker.flush())

    def _tell(self, finished: Sequence[Finished]) -> None:
        if not finished:
            return
        for each in finished:
            self.counts.count(
                each.state, status=each.status, duration=each.duration, seconds=each.seconds
            )
        self.dispatcher.wake()
        self.housekeeper.take(finished)
        self.told(finished)

    def _watch_over(self, *, waiting: int) -> None:
        """Tell systemd, the journal and the metrics; make room on the disk."""
        self._busy = waiting == _BATCH
        self.counts.overflows, self.counts.scans = self.folder.overflows, self.folder.scans
        self.counts.scan_seconds = self.folder.scan_seconds
        self.counts.trouble = self.folder.away
        self.notifier.progress(self.counts.trouble or f"{self.counts.done} files analysed")
        if time.monotonic() >= self._next_note:
            self._next_note = time.monotonic() + _NOTES
            self._note()
            self._make_room()
            self.housekeeper.catch_up()
            self.housekeeper.prune()

    def _make_room(self) -> None:
        if not self.folder.away:
            self.counts.disk_used = self.housekeeper.used()
            self.counts.dropped += self.housekeeper.make_room(self.worker.group)

    def _note(self) -> None:
        self.counts.backlog = self.journal.count("new")
        about = {**asdict(self.counts), "time": time.time(), "sinks": self.dispatcher.troubles}
        self.database.note("watcher", about)

    def _attempt(self, step: Callable[[], None]) -> bool:
        """Do a step; where the disk takes nothing, wait a little, and return False."""
        try:
            step()
        except OSError as error:
            if self.counts.trouble != str(error):
                log.warning("%s; trying again every %g s", error.strerror or error, _PAUSE)
            self.counts.trouble = str(error)
            self.notifier.progress(self.counts.trouble)
            self.ending.wait(_PAUSE)
            return False
        return True

    def _nothing_left(self) -> bool:
        return self.folder.settled and not self.journal.count("new")
