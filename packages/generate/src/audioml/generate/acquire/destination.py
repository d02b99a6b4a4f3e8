"""The folder that recordings are acquired into; whatever happens, what was got stays in it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from audioml.core.errors import OutputError, UsageError
from audioml.core.files import shown, write_bytes, writing

from .attribution import page
from .manifest import MANIFEST, Recording, read_manifest, write_manifest
from .web import Part

__all__ = ["ATTRIBUTION", "AUDIO_FOLDER", "PARTS", "Destination"]

AUDIO_FOLDER = "audio"
ATTRIBUTION = "ATTRIBUTION.md"
PARTS = ".parts"


class Destination:
    """Recordings in ``audio/``, their manifest, and in ``.parts/`` what is not finished.

    A recording is written into a journal before its file takes its place, and the manifest is made
    of the journal: after a kill the next run finds everything.

    Parameters
    ----------
    folder
        The folder, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.parts = folder, folder / PARTS
        self._journal = self.parts / "journal.jsonl"
        self._rows: dict[str, Recording] = {}
        self._credits: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._changed = False

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder while the block runs: two processes would fetch the same twice.

        Raises
        ------
        UsageError
            If another process holds it.
        IntegrityError
            If there is a manifest in it that is none of ours.
        """
        with writing(shown(self.folder)):
            self.parts.mkdir(parents=True, exist_ok=True)
            file = (self.parts / "lock").open("w")
        with file:
            try:
                _lock(file)
            except BlockingIOError as error:
                raise UsageError(
                    f"another process acquires into {shown(self.folder)}; wait for its end"
                ) from error
            try:
                self._load()
                yield
            finally:
                self.tidy()

    def _load(self) -> None:
        if (self.folder / MANIFEST).is_file():
            rows, self._credits = read_manifest(self.folder / MANIFEST)
            self._rows = {row.id: row for row in rows}
        for row in self._journalled():
            self._rows[row.id] = row
            self._changed = True
        self._taken = {row.path.casefold(): row.id for row in self._rows.values()}

    def find(self, name: str) -> Recording | None:
        """Return a recording that is there, its file whole by its size."""
        row = self._rows.get(name)
        return row if row is not None and self._is_there(row) else None

    def taken_by(self, path: str) -> str | None:
        """Return the recording whose file has a path, on systems that tell A from a, or do not."""
        return self._taken.get(path.casefold())

    def add(self, row: Recording, part: Part, *, credit: str) -> None:
        """Give a finished file its place.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        target = self.folder / row.path
        with writing(shown(target)):
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(row.to_json() + "\n")
            part.path.replace(target)
        part.discard()
        self._rows[row.id] = row
        self._taken[row.path.casefold()] = row.id
        self._credits[row.collection] = credit
        self._changed = True

    def rows(self) -> list[Recording]:
        """Return the recordings that are there, by name."""
        return [row for _, row in sorted(self._rows.items()) if self._is_there(row)]

    def save(self) -> None:
        """Write the manifest and ATTRIBUTION.md, and forget the journal.

        Raises
        ------
        OutputError
            If they cannot be written; the journal stays.
        """
        rows = self.rows()
        if self._changed or len(rows) != len(self._rows):
            write_manifest(self.folder / MANIFEST, rows, self._credits)
            write_bytes(self.folder / ATTRIBUTION, page(rows, self._credits).encode())
            self._changed = False
        with contextlib.suppress(OSError):
            self._journal.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the folder for unfinished files where nothing is in it."""
        with contextlib.suppress(OSError):
            (self.parts / "lock").unlink(missing_ok=True)
            self.parts.rmdir()

    def _is_there(self, row: Recording) -> bool:
        try:
            return os.stat(self.folder / row.path).st_size == row.bytes  # noqa: PTH116
        except OSError:
            return False

    def _journalled(self) -> Iterator[Recording]:
        try:
            lines = self._journal.read_text("utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise OutputError(f"cannot read {shown(self._journal)}: {error.strerror}") from error
        for line in lines:
            with contextlib.suppress(ValueError):  # one that a full disk cut off
                yield Recording.from_json(line)


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        pass  # a disk that knows no locks
