"""Items as tasks of Apache Spark: on this machine, or on the machines of a cluster.

Spark schedules, and runs again what a lost machine had. Only packed items and outcomes, through
``mapInArrow``, cross its wires: what a function makes it writes where every machine sees it.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from ..errors import MissingDependencyError, WorkerError
from .outcome import Outcome, in_order
from .wire import dumps, packed_function, received, works

__all__ = ["Spark"]

_JOBS = 2  # at a time, so that the last task of one does not keep the others waiting
_TASKS = 4  # of a job, for each core
_TRIES = 4  # of a task, as Spark has it on a cluster
_LOOPBACK = re.compile(r"local\b.*|spark://(127\.\d+\.\d+\.\d+|localhost):\d+")
_SCHEMA = "index long, outcome binary"

log = logging.getLogger(__name__)


class Spark:
    """Runs items as tasks of Spark.

    A task that its worker did not survive is run again, up to four times. If that does not help,
    each item of its job is run alone, and the one that kills has a `WorkerError`.

    Parameters
    ----------
    address
        Of a master, such as ``spark://host:7077``; None for this machine, or within
        ``spark-submit`` for what that says.
    """

    def __init__(self, address: str | None = None) -> None:
        self._address = address

    def run(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        /,
        *,
        workers: int,
        ordered: bool,
    ) -> Iterator[Outcome[Any, Any]]:
        """Yield an outcome for each item as it comes; with ``ordered``, in the items' order.

        ``workers`` are the cores of this machine that are used; a cluster has its own.
        """
        outcomes = self._outcomes(packed_function(function), items, workers)
        return in_order(outcomes) if ordered else outcomes

    def _outcomes(
        self, function: bytes, items: Iterable[Any], workers: int
    ) -> Iterator[Outcome[Any, Any]]:
        session, ours = _session(self._address, workers)
        try:
            yield from _Run(session, function, items).outcomes()
        finally:
            if ours:
                with contextlib.suppress(Exception):  # where Java is gone, all is
                    session.stop()


@dataclass(frozen=True, slots=True)
class _Task:
    index: int
    item: Any
    packed: bytes


_Collected = list[tuple[int, bytes]]  # each item's place, and its packed outcome


class _Run:
    """One run: jobs of some items each, several under way."""

    def __init__(self, session: Any, function: bytes, items: Iterable[Any]) -> None:
        self._session, self._function = session, function
        self._items = enumerate(items)
        self._size = _TASKS * session.sparkContext.defaultParallelism
        self._ready: list[Outcome[Any, Any]] = []

    def outcomes(self) -> Iterator[Outcome[Any, Any]]:
        """Yield outcomes, job by job."""
        running: dict[Future[_Collected], list[_Task]] = {}
        with ThreadPoolExecutor(_JOBS) as threads:
            try:
                while True:
                    while len(running) < _JOBS and (job := self._drawn()):
                        running[threads.submit(self._collected, job)] = job
                    ready, self._ready = self._ready, []
                    yield from ready
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield from self._judged(running.pop(future), future)
            finally:
                if running:
                    with contextlib.suppress(Exception):  # as above
                        self._session.sparkContext.cancelAllJobs()

    def _drawn(self) -> list[_Task]:
        """Return the next job; an item that cannot be sent is an outcome already."""
        job: list[_Task] = []
        for index, item in self._items:
            try:
                job.append(_Task(index, item, dumps(item)))
            except Exception as error:  # noqa: BLE001  # pickling can fail in any way
                trace = traceback.format_exc()
                self._ready.append(Outcome(index, item, error=error, traceback=trace))
            if len(job) == self._size:
                break
        return job

    def _collected(self, job: list[_Task]) -> _Collected:
        import pyarrow as pa

        places = pa.array([task.index for task in job], pa.int64())
        table = pa.table({"index": places, "item": pa.array([task.packed for task in job])})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of a pandas that we do not use
            frame = self._session.createDataFrame(table)
            found = frame.mapInArrow(works(self._function), _SCHEMA).collect()
        return [(row["index"], bytes(row["outcome"])) for row in found]

    def _judged(self, job: list[_Task], future: Future[_Collected]) -> Iterator[Outcome[Any, Any]]:
        error = future.exception()
        if error is None:
            items = {task.index: task.item for task in job}
            for index, packed in future.result():
                yield received(packed, index, items[index])
        elif _is_of_spark(error):
            log.warning("a job of Spark failed (%s); its items are run alone", _reason(error))
            yield from self._one_by_one(job)
        else:
            raise error

    def _one_by_one(self, job: list[_Task]) -> Iterator[Outcome[Any, Any]]:
        failed = 0
        for task in job:
            try:
                ((_, packed),) = self._collected([task])
            except Exception as error:
                if not _is_of_spark(error):
                    raise
                failed += 1
                if failed == len(job) > 1:
                    raise WorkerError(f"Spark runs no task at all: {_reason(error)}") from error
                yield Outcome(task.index, task.item, error=_killed(error))
            else:
                yield received(packed, task.index, task.item)


def _killed(error: BaseException) -> WorkerError:
    killed = WorkerError(f"its worker ended, again and again: {_reason(error)}")
    killed.__cause__ = error
    return killed


def _is_of_spark(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in ("py4j", "pyspark")


def _reason(error: BaseException) -> str:
    """Return the innermost sentence of what Java said."""
    found = re.findall(r"(?:Exception|Error|reason|failure): +([^\n]+)", str(error))
    text = found[-1] if found else str(error).strip().partition("\n")[0]
    return text[:300] or type(error).__name__


def _session(address: str | None, workers: int) -> tuple[Any, bool]:
    """Return a session with settings of its own, and whether its end is the end of all."""
    sql = _sql()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # spark.pyspark.python does not do
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        active = sql.SparkSession.getActiveSession()
        if active is None:
            builder = sql.SparkSession.builder.appName("audioml")
            for name, value in _settings(address, workers).items():
                builder = builder.config(name, value)
            started = builder.getOrCreate()
            quiet = log.getEffectiveLevel() > logging.INFO
            started.sparkContext.setLogLevel("OFF" if quiet else "WARN")
        session = (active or started).newSession()
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")  # items may be slow
    each = str(_TASKS * session.sparkContext.defaultParallelism)
    session.conf.set("spark.sql.leafNodeDefaultParallelism", each)  # a task for each item
    return session, active is None


def _settings(address: str | None, workers: int) -> dict[str, str]:
    if address is None and "PYSPARK_GATEWAY_PORT" in os.environ:
        return {}  # spark-submit has settled it
    master = address or f"local[{workers},{_TRIES}]"
    settings = {
        "spark.master": master,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if _LOOPBACK.fullmatch(master):  # no other machine has to reach the driver
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return settings


def _sql() -> Any:
    try:
        importlib.import_module("pandas")  # mapInArrow asks for it
        return importlib.import_module("pyspark.sql")
    except ImportError as error:
        raise MissingDependencyError(
            f"the engine 'spark' needs {error.name}, which is not installed; "
            'run: pip install "audioml-core[spark]"'
        ) from error
