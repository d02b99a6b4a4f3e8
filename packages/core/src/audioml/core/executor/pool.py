"""A pool of processes on this machine that outlives its workers."""

from __future__ import annotations

import importlib
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from ..errors import MissingDependencyError, WorkerError
from .outcome import Outcome, in_order
from .wire import dumps, interrupts_held, packed_function, prepare, received, work

__all__ = ["Pool"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool:
    """Runs items in worker processes (loky, by way of joblib).

    When a worker dies, the pool cannot tell which item killed it. So a new pool runs the items
    that were under way once more, one at a time: the one that kills again has a `WorkerError`.
    """

    def run(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        /,
        *,
        workers: int,
        ordered: bool,
    ) -> Iterator[Outcome[Any, Any]]:
        """Yield an outcome for each item as it comes; with ``ordered``, in the items' order."""
        loky = _loky()
        packed = packed_function(function)
        outcomes = _Run(loky, packed, items, workers, ordered=ordered).outcomes()
        return in_order(outcomes) if ordered else outcomes


@dataclass(frozen=True, slots=True)
class _Job:
    index: int
    item: Any
    suspect: bool = False


class _Run:
    """One run: the items under way, and those suspected of having killed a worker."""

    def __init__(
        self, loky: Any, function: bytes, items: Iterable[Any], workers: int, *, ordered: bool
    ) -> None:
        self._loky, self._function, self._workers = loky, function, workers
        self._ahead = 4 * workers if ordered else None
        self._items = enumerate(items)
        self._drawn = 0
        self._suspects: deque[_Job] = deque()
        self._running: dict[Future[bytes], _Job] = {}
        self._ready: list[Outcome[Any, Any]] = []
        self._pool: Any = None

    def outcomes(self) -> Iterator[Outcome[Any, Any]]:
        """Yield outcomes as they come; whatever ends this ends the workers too."""
        try:
            while self._submit():
                yield from self._finished()
            self._close(kill=False)
        finally:
            self._close(kill=True)

    def _submit(self) -> bool:
        """Keep the workers busy; return whether there is anything to wait for."""
        while job := self._next():
            try:
                packed = dumps(job.item)
            except Exception as error:  # noqa: BLE001  # pickling can fail in any way
                self._ready.append(_failed(job, error))
                break
            try:
                with interrupts_held():
                    self._running[self._opened().submit(work, self._function, packed)] = job
            except BrokenExecutor:
                self._suspects.appendleft(job)
                if self._running:
                    break
                self._close(kill=True)
        return bool(self._running or self._ready)

    def _next(self) -> _Job | None:
        if self._suspects:
            return None if self._running else self._suspects.popleft()
        if len(self._running) >= 2 * self._workers:
            return None
        oldest = min((job.index for job in self._running.values()), default=self._drawn)
        if self._ahead is not None and self._drawn - oldest >= self._ahead:
            return None  # else outcomes would pile up behind a slow item
        for index, item in self._items:
            self._drawn = index + 1
            return _Job(index, item)
        return None

    def _finished(self) -> list[Outcome[Any, Any]]:
        """Wait; return what is done. What ended with its worker becomes suspect."""
        ready, self._ready = self._ready, []
        if ready:
            return ready
        done, _ = wait(self._running, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenExecutor) for future in done):
            done, _ = wait(self._running)  # a pool breaks as a whole
            self._close(kill=True)
        for future in done:
            job, error = self._running.pop(future), future.exception()
            if error is None:
                ready.append(received(future.result(), job.index, job.item))
            elif not isinstance(error, BrokenExecutor):
                ready.append(_failed(job, error))
            elif job.suspect:
                ready.append(_failed(job, _killed(error)))
            else:
                self._suspects.append(replace(job, suspect=True))
        return ready

    def _opened(self) -> Any:
        if self._pool is None:
            self._pool = self._loky.ProcessPoolExecutor(
                max_workers=self._workers,
                initializer=prepare,
                initargs=(os.getpid(),),
                env=_environment(),
            )
        return self._pool

    def _close(self, *, kill: bool) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            _settle(self._running)
            pool.shutdown(wait=True, kill_workers=kill)


def _settle(futures: Iterable[Future[bytes]]) -> None:
    """Wait until loky's own thread has handed every job on, which takes it a moment.

    Told to kill its workers before, the thread looks for jobs that it has just forgotten and ends
    with a KeyError on stderr (loky 3.6, ``add_call_item_to_queue``).
    """
    patience = time.monotonic() + 1.0
    while any(not (f.running() or f.done()) for f in futures) and time.monotonic() < patience:
        time.sleep(0.001)


def _failed(job: _Job, error: BaseException) -> Outcome[Any, Any]:
    text = "".join(traceback.format_exception(error))
    return Outcome(job.index, job.item, error=error, traceback=text)


def _killed(error: BaseException) -> WorkerError:
    killed = WorkerError(
        "the worker process ended while it worked on this item, twice: out of memory, or a crash "
        "in native code; try one worker to see it happen"
    )
    killed.__cause__ = error
    return killed


def _environment() -> dict[str, str]:
    """Return one thread for each worker's matrix products, unless the user says otherwise."""
    return {name: os.environ.get(name, "1") for name in _THREADS}


def _loky() -> Any:
    try:
        return importlib.import_module("joblib.externals.loky")
    except ImportError as error:
        raise MissingDependencyError(
            "several workers need joblib, which is not installed; "
            'run: pip install "audioml-core[parallel]"'
        ) from error
