"""Takes jobs, works at them in the background, and keeps what came out for a while."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any, BinaryIO

from audioml.core.errors import AudiomlError, NotFoundError
from audioml.core.files import shown, write_bytes, writing
from audioml.core.packing import packed, unpacked
from audioml.core.values import Audio, Prediction

from ..batching import Call, calling
from ..decoding import Limits, opened
from ..errors import BusyError, GoneError
from ..problems import Problem, problem_of
from .state import ENDED, JobState

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["Jobs"]

log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_SWEEP = 30.0  # seconds
_REMAINS = 3600.0  # seconds
_TOLD = 1.0  # seconds between notes of progress


class Jobs:
    """The jobs of one process, and those of others that share its folder."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._service, self._settings = service, settings
        self._limits = Limits.of(settings, job=True)
        self._own = None if settings.job_folder else tempfile.mkdtemp(prefix="audioml-jobs-")
        self._folder = Path(settings.job_folder or str(self._own))
        self._owner = secrets.token_hex(8)
        self._queue: Queue[JobState | None] = Queue()
        self._closing = threading.Event()
        if settings.jobs:
            with writing(shown(self._folder)):
                self._folder.mkdir(parents=True, exist_ok=True)
            self._beat()
            self._sweep()
            threading.Thread(target=self._sweeping, name="jobs-sweep", daemon=True).start()
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{index}", daemon=True)
            for index in range(settings.jobs)
        ]
        for thread in self._threads:
            thread.start()

    def add(
        self,
        model: str,
        upload: BinaryIO,
        *,
        options: Mapping[str, Any],
        filename: str = "",
        asker: str | None = None,
    ) -> JobState:
        """Take a recording and return its job.

        Raises
        ------
        BusyError
            If too many wait, or the process is about to end.
        Problem
            If there are no jobs here, or the recording is not one.
        """
        if not self._settings.jobs:
            raise Problem(501, "this server takes no jobs; send the recording to /predict")
        if self._service.draining:
            raise BusyError("this server is about to end and takes no more jobs", retry_after=5)
        self.check_room()
        opened(upload, self._limits)  # what is no audio is told at once
        upload.seek(0)
        job = JobState(
            id=secrets.token_urlsafe(16),
            model=model,
            options=dict(options),
            filename=filename[:255],
            asker=asker,
            owner=self._owner,
        )
        folder = self._folder / job.id
        try:
            with writing(shown(self._folder)):
                folder.mkdir(mode=0o700)
                with (folder / "upload").open("wb") as file:
                    shutil.copyfileobj(upload, file, 1 << 20)
            job.write(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._queue.put(job)
        return job

    def check_room(self) -> None:
        """Raise a `BusyError` if too many jobs wait, or those that are kept take too much disk."""
        if self._queue.qsize() >= self._settings.max_jobs:
            raise BusyError(f"{self._settings.max_jobs} jobs wait, which is all that may")
        if _size(self._folder) > self._settings.job_space:
            raise BusyError("the jobs that are kept take all the room there is", retry_after=60)

    def get(self, name: str, *, asker: str | None = None) -> JobState:
        """Return a job by its id.

        Raises
        ------
        NotFoundError
            If there is none, no more, or it is somebody else's.
        """
        found = JobState.read(self._folder / name) if _ID.fullmatch(name) else None
        if found is None or found.asker != asker:
            raise NotFoundError("there is no such job, or no more")
        return found

    def result(self, job: JobState) -> Prediction:
        """Return what came out of a job that is done."""
        path = self._folder / job.id / "result"
        try:
            return unpacked(path.read_bytes())[0]
        except FileNotFoundError as error:
            raise NotFoundError("there is no such job, or no more") from error

    def remove(self, job: JobState) -> None:
        """Forget a job; one that is under way ends at its next block of sound."""
        gone = self._folder / f".gone-{job.id}"
        with contextlib.suppress(OSError):  # at once, whoever writes into it at this moment
            (self._folder / job.id).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def close(self) -> None:
        """Give up what is under way, and remove the folder if it is our own."""
        self._closing.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(2.0)
        self._alive(self._owner).unlink(missing_ok=True)
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)

    def _alive(self, owner: str) -> Path:
        return self._folder / f".alive-{owner}"

    def _beat(self) -> None:
        """Show the others that share the folder that this process lives."""
        with contextlib.suppress(OSError):
            self._alive(self._owner).touch()

    def _lives(self, owner: str) -> bool:
        try:
            return time.time() - self._alive(owner).stat().st_mtime < 4 * _SWEEP
        except OSError:
            return False

    def _work(self) -> None:
        while (job := self._queue.get()) is not None and not self._closing.is_set():
            folder = self._folder / job.id
            try:
                self._do(job, folder)
            except GoneError:
                log.info("job %s was cancelled", job.id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next job gets its turn
                failed = replace(job, state="failed", problem=problem_of(error).body())
                with contextlib.suppress(AudiomlError, OSError):  # as where the disk is full
                    self._end(folder, failed)

    def _do(self, job: JobState, folder: Path) -> None:
        call = Call(gone=lambda: self._closing.is_set() or not folder.exists(), background=True)
        with contextlib.suppress(FileNotFoundError):  # cancelled before it began
            with (folder / "upload").open("rb") as file, calling(call):
                call.check()
                recording = opened(file, self._limits)
                job = replace(job, state="running")
                job.write(folder)
                blocks = self._telling(job, folder, recording.blocks(), recording.seconds)
                prediction = self._service.predict(job.model, blocks, options=job.options)
                job = replace(job, duration=recording.read)
            write_bytes(folder / "result", packed(prediction, job.duration))
            self._end(folder, replace(job, state="done", progress=1.0))

    def _telling(
        self, job: JobState, folder: Path, blocks: Iterator[Audio], seconds: float
    ) -> Iterator[Audio]:
        """Yield blocks, and note now and then how far they are."""
        told = time.monotonic()
        for block in blocks:
            yield block
            if time.monotonic() - told > _TOLD and folder.exists():
                told = time.monotonic()
                share = min(0.99, block.end / seconds) if seconds > 0 else 0.0
                replace(job, progress=round(share, 4)).write(folder)

    def _end(self, folder: Path, job: JobState) -> None:
        if folder.exists():
            replace(job, expires=time.time() + self._settings.job_ttl).write(folder)
            (folder / "upload").unlink(missing_ok=True)

    def _sweeping(self) -> None:
        while not self._closing.wait(_SWEEP):
            self._beat()
            with contextlib.suppress(AudiomlError, OSError):  # the next time, then
                self._sweep()

    def _sweep(self) -> None:
        """Remove what has expired; fail what a process left behind that is no more."""
        for folder in self._folder.iterdir():
            job = JobState.read(folder)
            if job is None:
                self._sweep_remains(folder)
                continue
            if job.expires is not None and job.expires < time.time():
                shutil.rmtree(folder, ignore_errors=True)
            elif job.state not in ENDED and not self._lives(job.owner):
                told = Problem(503, "the server was restarted meanwhile; send the recording again")
                self._end(folder, replace(job, state="failed", problem=told.body()))

    @staticmethod
    def _sweep_remains(path: Path) -> None:
        """Remove what a process that died between two steps left, once it is old."""
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _REMAINS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _size(folder: Path) -> int:
    """Return the bytes of all files of jobs."""
    size = 0
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return size
