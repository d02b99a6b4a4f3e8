"""Items as tasks of Ray: on this machine, or on the machines of a cluster."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import AudiomlError, MissingDependencyError, WorkerError
from .outcome import Outcome, in_order
from .wire import dumps, packed_function, received, work

__all__ = ["Ray"]

_TRIES = 3  # besides the first, of a task whose worker died
_AHEAD = 2  # tasks that are under way for each core


class Ray:
    """Runs items as tasks of Ray.

    A task that its worker did not survive is run again, up to three times; then its item has a
    `WorkerError`.

    Parameters
    ----------
    address
        Of a cluster, such as ``auto`` or ``host:6379``; None for this machine.
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
        ray = _ray()
        ours = not ray.is_initialized()
        if ours:
            self._begin(ray, workers)
        try:
            yield from _outcomes(ray, function, items)
        finally:
            if ours:
                ray.shutdown()

    def _begin(self, ray: Any, workers: int) -> None:
        about = {"address": self._address} if self._address else {"num_cpus": workers}
        try:
            ray.init(
                **about,
                include_dashboard=None if self._address else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except Exception as error:
            where = f"reached at {self._address!r}" if self._address else "started"
            reason = str(error).strip().partition("\n")[0]
            raise WorkerError(f"Ray cannot be {where}: {reason}") from error


def _outcomes(ray: Any, function: bytes, items: Iterable[Any]) -> Iterator[Outcome[Any, Any]]:
    task = ray.remote(max_retries=_TRIES, num_cpus=1)(work)
    shared = ray.put(function)
    ahead = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
    running: dict[Any, tuple[int, Any]] = {}
    for index, item in enumerate(items):
        try:
            running[task.remote(shared, dumps(item))] = index, item
        except AudiomlError:
            raise
        except Exception as error:  # noqa: BLE001  # pickling can fail in any way
            yield Outcome(index, item, error=error)
            continue
        while len(running) >= ahead:
            yield _next(ray, running)
    while running:
        yield _next(ray, running)


def _next(ray: Any, running: dict[Any, tuple[int, Any]]) -> Outcome[Any, Any]:
    (done,), _ = ray.wait(list(running), num_returns=1)
    index, item = running.pop(done)
    try:
        return received(ray.get(done), index, item)
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:300]
        killed = WorkerError(f"its worker ended, again and again: {reason}")
        killed.__cause__ = error
        return Outcome(index, item, error=killed)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it tells its maker, otherwise
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingDependencyError(
            "the engine 'ray' needs ray, which is not installed; "
            'run: pip install "audioml-core[ray]"'
        ) from error
