"""Works on the files that wait: one at a time, finished in groups."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from audioml.core.errors import AudiomlError
from audioml.core.files import shown
from audioml.core.stages import Estimator

from . import faults
from .ending import Stopped
from .inputs import analyse
from .journal import Journal
from .outputs import Outputs, is_the_disks
from .records import Records
from .rows import Finished, Found, Row
from .watch.scan import being_written, look

__all__ = ["DELAYS", "TRIES", "Worker"]

log = logging.getLogger(__name__)
TRIES = 3
DELAYS = (2.0, 10.0)
"""Seconds before the second try and the third."""
_GROUP, _GROUP_SECONDS = 64, 0.25


class Worker:
    """Takes files from the journal to their end.

    Parameters
    ----------
    folder
        Where the files are.
    journal, estimator, outputs, records
        What keeps account of them, analyses them, writes their files, and makes their records.
    sinks
        Names of the sinks that records go to.
    present
        Whether the folder is there: where it is not, a missing file says nothing.
    check
        Called now and then while a file is read; it may raise `Stopped`.
    changed
        Called with a file that has another content than when it was found.
    delays
        Seconds before the second try and the third.
    """

    def __init__(
        self,
        folder: Path,
        *,
        journal: Journal,
        estimator: Estimator,
        outputs: Outputs,
        records: Records,
        sinks: Sequence[str] = (),
        present: Callable[[], bool] = lambda: True,
        check: Callable[[], None] = lambda: None,
        changed: Callable[[Found], None] = lambda _found: None,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        self._folder, self._journal, self._estimator = folder, journal, estimator
        self._outputs, self._records, self._sinks = outputs, records, tuple(sinks)
        self._present, self._check, self._changed = present, check, changed
        self._delays = delays
        self._group: list[Finished] = []
        self._opened = 0.0
        self._due: dict[int, float] = {}

    def recover(self) -> list[Finished]:
        """Clean up after an end in the middle, and count it against the file that was in hand."""
        self._outputs.clean()
        row = self._journal.in_hand()
        if row is None:
            return []
        blamed = [self._failed(row, "the process ended while it worked on this file")]
        self._journal.finish(blamed)
        return blamed

    @property
    def next_due(self) -> float | None:
        """Return in how many seconds a file is to be tried again; None where none is."""
        return min(self._due.values()) - time.monotonic() if self._due else None

    def waiting(self, limit: int, *, newest: bool = False) -> list[Row]:
        """Return files to work on now."""
        now = time.monotonic()
        for number in [n for n, due in self._due.items() if due <= now]:
            del self._due[number]
        return self._journal.waiting(limit, newest=newest, skip=[*self.group, *self._due])

    def work(self, row: Row) -> bool:
        """Work on a file; it ends with the group. Return whether the folder is there at all.

        A file that is being written to, or has another content by now, waits.

        Raises
        ------
        OSError
            If its output cannot be written now; the file waits as before.
        Stopped
            If there is no time left.
        """
        now = look(self._folder, row.found.path)
        if now != row.found:
            if not self._present():
                return False
            reason = "deleted before it was analysed" if now is None else "changed meanwhile"
            self._end(Finished(row, "gone", reason=reason))
            if now is not None:
                self._changed(now)
        elif being_written(self._folder / row.found.path):
            self._due[row.id] = time.monotonic() + DELAYS[0]
        else:
            self._end(self._held(row))
        return True

    def _end(self, finished: Finished) -> None:
        if not self._group:
            self._opened = time.monotonic()
        self._group.append(finished)

    def rest(self) -> None:
        """Say that no file is in hand, so that none is blamed if the process ends now."""
        self._journal.hold(None)

    def _held(self, row: Row) -> Finished:
        self._journal.hold(row)
        try:
            return self._analysed(row)
        except BaseException:  # not the file's fault: it is put down again
            with contextlib.suppress(OSError):
                self.rest()
            raise

    @property
    def full(self) -> bool:
        """Return whether the group is to be finished: it is large, or has waited."""
        waited = time.monotonic() - self._opened
        return len(self._group) >= _GROUP or (bool(self._group) and waited >= _GROUP_SECONDS)

    def flush(self) -> list[Finished]:
        """Finish the group: outputs appear, then the journal says so, and both last.

        Raises
        ------
        OSError
            If the disk is full or away; the group stays and can be finished later.
        """
        if not self._group:
            return []
        faults.point("before_publish")
        self._outputs.publish()
        faults.point("before_commit")
        self._journal.finish(self._group)
        faults.point("after_commit")
        finished, self._group = self._group, []
        return finished

    def _analysed(self, row: Row) -> Finished:
        try:
            result = analyse(self._folder, row.found, self._estimator, check=self._check)
            events = self._records(result)
        except Stopped:
            raise
        except AudiomlError as error:
            return self._failed(row, str(error))
        except (Exception, SystemExit) as error:
            log.exception("%s", shown(row.found.path))
            return self._failed(row, f"{type(error).__name__}: {error}")
        faults.point("before_write")
        try:
            self._outputs.write(result, row.output)
        except Exception as error:
            if isinstance(error, OSError) and is_the_disks(error):
                raise
            log.info("%s", shown(row.found.path), exc_info=True)
            return self._failed(row, f"its output cannot be written: {error}")
        faults.point("after_write")
        return Finished(
            row,
            "done",
            status=result.status,
            flags=result.flags,
            seconds=result.seconds,
            duration=result.duration,
            events=dict.fromkeys(self._sinks, events),
        )

    @property
    def group(self) -> list[int]:
        """Return the numbers of the files that are worked on and not finished."""
        return [each.row.id for each in self._group]

    def _failed(self, row: Row, reason: str) -> Finished:
        if row.tries + 1 < TRIES:
            self._due[row.id] = time.monotonic() + self._delays[row.tries]
            log.info("%s: %s; to be tried again", shown(row.found.path), reason)
            return Finished(row, "new", reason=reason)
        log.error("%s is given up: %s", shown(row.found.path), reason)
        found, spec = row.found, self._estimator.spec
        bad = self._records.bad(row.key, found.path, reason, spec, found.mtime_ns / 1e9)
        events = {sink: [bad] for sink in self._sinks}
        return Finished(row, "bad", status="bad", reason=reason, events=events)
