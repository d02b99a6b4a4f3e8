"""Micro-batching: rows of requests that wait at the same time share one run of a model.

There is no waiting for company: a run takes what is there. While it runs, the next requests
gather, so the batches grow with the load (adaptive batching, Crankshaw et al. 2017, without the
timeout).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from audioml.core.errors import AudiomlError
from audioml.core.stages import Session
from audioml.core.values import Tensors

from ..errors import BusyError, ModelError
from .call import Call, current
from .waiting import wait

__all__ = ["Batcher"]

log = logging.getLogger(__name__)


class _Job:
    """Rows that wait for their outputs."""

    __slots__ = ("call", "done", "dropped", "error", "feeds", "form", "outputs", "rows", "since")

    def __init__(self, feeds: Tensors, call: Call) -> None:
        self.feeds, self.call = feeds, call
        self.rows = len(next(iter(feeds.values())))
        self.form = tuple((name, array.shape[1:], array.dtype) for name, array in feeds.items())
        self.since = time.monotonic()
        self.done = threading.Event()
        self.dropped = False
        self.outputs: Tensors = {}
        self.error: Exception | None = None


class Batcher(Session):
    """A session that many threads share, each of which gets the outputs of its own rows.

    Parameters
    ----------
    session
        The model.
    name
        Of the model, for messages.
    rows
        That one run takes at most. A call with more is answered in several runs, between which
        others have their turn.
    waiting
        Rows that may wait; a call that finds more is refused with a `BusyError`.
    threads
        Runs at the same time; only one where the session is not concurrent.
    told
        Called after each run with its number of rows and its seconds.
    """

    concurrent = True

    def __init__(
        self,
        session: Session,
        *,
        name: str,
        rows: int = 32,
        waiting: int = 1024,
        threads: int = 1,
        told: Callable[[int, float], None] = lambda _rows, _seconds: None,
    ) -> None:
        self.inputs, self.outputs = session.inputs, session.outputs
        self._session, self._name, self._told = session, name, told
        self._most, self._limit = rows, waiting
        self._queues: tuple[deque[_Job], deque[_Job]] = deque(), deque()
        self._changed = threading.Condition()
        self._waiting = 0
        self._seconds_a_row = 0.01
        self._running: dict[int, float] = {}
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"batcher-{name}-{index}", daemon=True)
            for index in range(threads if session.concurrent else 1)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Return how many rows wait."""
        return self._waiting

    @property
    def running(self) -> float:
        """Return for how many seconds the oldest run has been going on; 0 where none is."""
        started = list(self._running.values())
        return time.monotonic() - min(started) if started else 0.0

    def check_room(self, rows: int = 1) -> None:
        """Raise a `BusyError` if so many more rows may not wait."""
        if self._waiting and self._waiting + rows > self._limit:
            raise BusyError(
                f"{self._waiting} windows wait for {self._name}, which is all that may; try later",
                retry_after=self._waiting * self._seconds_a_row,
            )

    def run(self, feeds: Tensors, /) -> Tensors:
        """Return the outputs for the inputs, once they have had their turn.

        Raises
        ------
        BusyError
            If too many rows wait already.
        LateError, GoneError
            If nobody waits for the answer any more.
        ModelError
            If the model fails.
        """
        rows = len(next(iter(feeds.values())))
        if rows <= self._most:
            return self._answer(feeds)
        cuts = [slice(at, at + self._most) for at in range(0, rows, self._most)]
        parts = [self._answer({n: array[cut] for n, array in feeds.items()}) for cut in cuts]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def close(self) -> None:
        """End, once those that wait are answered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(5.0)

    def _answer(self, feeds: Tensors) -> Tensors:
        call = current()
        call.check()
        job = _Job(feeds, call)
        with self._changed:
            if not call.background and job.rows:
                self.check_room(job.rows)
            self._queues[call.background].append(job)
            self._waiting += job.rows
            self._changed.notify()
        try:
            wait(job.done, call)
        except AudiomlError:
            job.dropped = True
            raise
        if job.error is not None:
            raise job.error
        return job.outputs

    def _work(self) -> None:
        while batch := self._next():
            start = time.monotonic()
            self._running[threading.get_ident()] = start
            try:
                self._run(batch)
            finally:
                del self._running[threading.get_ident()]
            seconds, rows = time.monotonic() - start, sum(job.rows for job in batch)
            self._seconds_a_row += 0.2 * (seconds / max(1, rows) - self._seconds_a_row)
            for job in batch:
                job.call.add("queue", start - job.since)
                job.call.add("model", seconds)
                job.done.set()
            with contextlib.suppress(Exception):  # a figure that is lost, not a thread
                self._told(rows, seconds)

    def _next(self) -> list[_Job]:
        """Return the jobs of the next run; an empty list is the end."""
        with self._changed:
            while True:
                batch = self._gathered()
                if batch or self._closed:
                    return batch
                self._changed.wait()

    def _gathered(self) -> list[_Job]:
        """Return jobs that fit into one run, those of the foreground first."""
        batch: list[_Job] = []
        rows = 0
        for queue in self._queues:
            while queue:
                job = queue[0]
                fits = not batch or (rows + job.rows <= self._most and job.form == batch[0].form)
                if not (fits or job.dropped):
                    return batch
                queue.popleft()
                self._waiting -= job.rows
                if not job.dropped:
                    batch.append(job)
                    rows += job.rows
        return batch

    def _run(self, batch: Sequence[_Job]) -> None:
        try:
            self._run_together(batch)
        except Exception as error:  # noqa: BLE001 - whatever a runtime raises must not end the thread
            if len(batch) > 1:  # one of them may be the reason: the others shall not suffer
                for job in batch:
                    self._run([job])
                return
            batch[0].error = self._failure(error)

    def _run_together(self, batch: Sequence[_Job]) -> None:
        names = batch[0].feeds
        feeds: dict[str, Any] = {
            name: np.concatenate([job.feeds[name] for job in batch]) if batch[1:] else names[name]
            for name in names
        }
        outputs, at = self._session.run(feeds), 0
        rows = sum(job.rows for job in batch)
        for name, array in outputs.items():
            if len(array) != rows:  # somebody would get the numbers of somebody else
                raise ModelError(
                    f"{self._name} answered with {len(array)} rows of {name!r} about {rows} windows"
                )
        for job in batch:
            cut = slice(at, at + job.rows)
            job.outputs = {name: array[cut] for name, array in outputs.items()}
            at += job.rows

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, AudiomlError):
            return error
        log.error("%s failed", self._name, exc_info=error)
        return ModelError(f"{self._name} failed: {type(error).__name__}")
