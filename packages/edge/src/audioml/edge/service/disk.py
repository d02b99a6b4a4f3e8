"""What becomes of audio that is analysed, and what happens when the disk fills."""

from __future__ import annotations

import contextlib
import errno
import logging
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audioml.core.files import replacing, shown

from ..journal import Finished, Journal, Row
from ..settings import Disk
from ..watch.scan import look

__all__ = ["Housekeeper"]

log = logging.getLogger(__name__)
_BATCH = 100
_REMEMBERED = 30 * 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class Housekeeper:
    """Keeps, deletes or archives the audio of files that are done with.

    Parameters
    ----------
    folder
        Where the audio is.
    journal
        What says which of it is analysed.
    after
        ``keep``, ``delete`` or ``archive``. A file that was given up is always kept.
    archive
        Where archived audio goes, under the same path.
    disk
        The marks, as shares of the disk, and what happens above the high one.
    """

    folder: Path
    journal: Journal
    after: str
    archive: Path
    disk: Disk

    def take(self, finished: Iterable[Finished]) -> None:
        """Do what is to be done with files whose end the journal knows."""
        self._dispose([each.row for each in finished if each.state == "done"])

    def recover(self) -> None:
        """Do what was left to be done when the process ended."""
        if self.after != "keep":
            self._dispose(self.journal.kept())

    def prune(self) -> None:
        """Let the journal forget files of a month ago that are not there any more."""
        self.journal.prune(
            lambda row: look(self.folder, row.found.path) != row.found,
            before=time.time() - _REMEMBERED,
        )

    def used(self) -> float:
        """Return the share of the disk that is in use."""
        usage = shutil.disk_usage(self.folder)
        return 1.0 - usage.free / usage.total

    def make_room(self) -> list[Finished]:
        """Delete down to the low mark if the high one is passed and that is wanted.

        Analysed audio goes first, the oldest of it first. Return what was dropped unanalysed.
        """
        dropped: list[Finished] = []
        if self.used() < self.disk.high or self.disk.when_full == "wait":
            return dropped
        while self.used() > self.disk.low:
            rows = self.journal.kept(_BATCH)
            if rows:
                self._delete(rows)
                continue
            drop = self._drop() if self.disk.when_full == "drop-oldest" else []
            if not drop:
                break
            dropped += drop
        return dropped

    def _delete(self, rows: list[Row]) -> None:
        for row in rows:
            if self.used() <= self.disk.low:
                return
            self._remove(row)
            self.journal.dispose([row])

    def _drop(self) -> list[Finished]:
        rows = self.journal.waiting(1)
        reason = "deleted unanalysed to make room on the disk"
        dropped = [Finished(row, "dropped", reason=reason) for row in rows]
        self.journal.finish(dropped)
        for row in rows:
            log.warning("%s: %s", shown(row.found.path), reason)
            self._remove(row)
        return dropped

    def _dispose(self, rows: list[Row]) -> None:
        if self.after == "keep" or not rows:
            return
        moved = []
        for row in rows:
            try:
                self._archive(row) if self.after == "archive" else self._remove(row)
                moved.append(row)
            except OSError as error:
                log.warning("%s stays: %s", shown(row.found.path), error.strerror or error)
        self.journal.dispose(moved)

    def _remove(self, row: Row) -> None:
        """Delete the audio of a row, unless something else bears its name by now."""
        if look(self.folder, row.found.path) == row.found:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / row.found.path).unlink()

    def _archive(self, row: Row) -> None:
        if look(self.folder, row.found.path) != row.found:
            return
        target = self.archive / row.found.path
        number = 2
        while target.exists():
            target = self.archive / f"{row.found.path}.{number}"
            number += 1
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self.folder / row.found.path
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with replacing(target) as copy:  # to another disk: the original goes last
                shutil.copy2(source, copy)
            source.unlink()
