"""What becomes of audio that is analysed, and what happens when the disk fills."""

from __future__ import annotations

import errno
import filecmp
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

from audioml.core.files import replacing, shown, sync

from ..journal import Journal
from ..rows import Finished, Row
from ..settings import Disk
from ..watch.scan import being_written, look

__all__ = ["Housekeeper"]

log = logging.getLogger(__name__)
_BATCH = 100
_REMEMBERED = 30 * 86400.0  # seconds


class Housekeeper:
    """Keeps, deletes or archives the audio of files that are analysed.

    A file that was given up, or was cut short, is always kept; so is one that changed since.

    Parameters
    ----------
    folder
        Where the audio is.
    journal
        What says which of it is analysed.
    after
        ``keep``, ``delete`` or ``archive``.
    archive
        Where archived audio goes, under the same path.
    disk
        The marks, as shares of the disk, and what happens above the high one.
    present
        Whether the folder is there: where it is not, nothing is said of its files.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        *,
        after: str,
        archive: Path,
        disk: Disk,
        present: Callable[[], bool] = lambda: True,
    ) -> None:
        self._folder, self._journal, self._present = folder, journal, present
        self._after, self._archived, self._disk = after, archive, disk
        self._pruned = 0
        self._warned = False

    def take(self, finished: Iterable[Finished]) -> None:
        """Do what is to be done with files whose end the journal knows."""
        whole = (each for each in finished if each.state == "done" and each.status == "ok")
        self._dispose([each.row for each in whole])

    def catch_up(self) -> None:
        """Do what could not be done before."""
        if self._after != "keep" and self._present():
            self._dispose(self._journal.kept(_BATCH))

    def prune(self) -> None:
        """Let the journal forget some files of a month ago that are not there any more."""
        if self._present():
            self._pruned = self._journal.prune(
                lambda row: look(self._folder, row.found.path) != row.found,
                before=time.time() - _REMEMBERED,
                after=self._pruned,
            )

    def used(self) -> float:
        """Return the share of the disk that is in use."""
        usage = shutil.disk_usage(self._folder)
        return 1.0 - usage.free / usage.total

    def make_room(self, busy: Sequence[int] = ()) -> int:
        """Delete down to the low mark if the high one is passed and that is wanted.

        Analysed audio goes first, the oldest of it first; then, if told so, what waits and is not
        ``busy``. Return how many were deleted unanalysed.
        """
        if not self._present() or self.used() < self._disk.high:
            self._warned = False
            return 0
        self._warn()
        dropped = 0
        while self._disk.when_full != "wait" and self.used() > self._disk.low:
            rows = self._journal.kept(_BATCH)
            if rows and self._delete(rows):
                continue
            if self._disk.when_full != "drop-oldest" or not self._drop(busy):
                break
            dropped += 1
        return dropped

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            what = {"wait": "nothing is deleted", "drop-oldest": "the oldest audio is deleted"}
            told = what.get(self._disk.when_full, "analysed audio is deleted, the oldest first")
            log.warning("the disk of %s is %.0f %% full; %s", self._folder, 100 * self.used(), told)

    def _delete(self, rows: list[Row]) -> bool:
        """Delete until there is room; return whether anything was."""
        deleted = False
        for row in rows:
            if self.used() <= self._disk.low:
                break
            if self._tried(self._remove, row):
                self._journal.dispose([row])
                deleted = True
        return deleted

    def _drop(self, busy: Sequence[int]) -> bool:
        reason = "deleted unanalysed to make room on the disk"
        for row in self._journal.waiting(1, skip=busy):
            if not self._tried(self._remove, row):
                return False
            self._journal.finish([Finished(row, "dropped", reason=reason)])
            log.warning("%s: %s", shown(row.found.path), reason)
            return True
        return False

    def _dispose(self, rows: list[Row]) -> None:
        if self._after == "keep" or not rows:
            return
        move = self._archive if self._after == "archive" else self._remove
        self._journal.dispose([row for row in rows if self._tried(move, row)])

    def _tried(self, move: Callable[[Row], None], row: Row) -> bool:
        """Move a file out of the way; return whether it is, or was gone or another already."""
        path = self._folder / row.found.path
        if look(self._folder, row.found.path) != row.found:
            return self._present()
        if being_written(path):
            return False
        try:
            move(row)
        except OSError as error:
            log.info("%s stays: %s", shown(row.found.path), error.strerror or error)
            return False
        return True

    def _remove(self, row: Row) -> None:
        (self._folder / row.found.path).unlink(missing_ok=True)

    def _archive(self, row: Row) -> None:
        source = self._folder / row.found.path
        target = self._place(source, row.found.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with replacing(target) as copy:  # to another disk: the original goes last
                shutil.copy2(source, copy)
                sync(copy)
            sync(target.parent)
            if look(self._folder, row.found.path) == row.found:
                source.unlink()

    def _place(self, source: Path, path: str) -> Path:
        """Return where a file goes; over a copy of itself, but over nothing else."""
        target, number = self._archived / path, 2
        while target.exists() and not filecmp.cmp(source, target, shallow=False):
            named = PurePath(path)
            name = f"{named.stem}.{number}{named.suffix}"
            target, number = self._archived / named.with_name(name), number + 1
        return target
