"""What crosses the border between processes: bytes, made and read where a failure is an item's own.

Left to the pool, an item or a value that cannot be pickled would end the run.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..errors import UsageError, WorkerError
from .outcome import Outcome, attempt

__all__ = ["dumps", "interrupts_held", "packed_function", "prepare", "received", "work", "works"]

_TRACKERS = "joblib.externals.loky.backend.resource_tracker", "multiprocessing.resource_tracker"


def dumps(value: object) -> bytes:
    """Return a pickle that also holds functions and classes by value where it must."""
    wrapper = importlib.import_module("joblib.externals.loky.cloudpickle_wrapper")
    packed: bytes = wrapper.dumps(value)
    return packed


def packed_function(function: Callable[[Any], Any]) -> bytes:
    """Return a function as it is sent to workers.

    Raises
    ------
    UsageError
        If it cannot be.
    """
    try:
        return dumps(function)
    except Exception as error:
        raise UsageError(
            f"{function!r} cannot be sent to another process ({error}); "
            "define it in a module, or use one worker"
        ) from error


def prepare(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it even where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a worker would only print a traceback
    if os.name == "posix":  # on Windows a virtual environment's launcher stands between the two
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: a worker that starts meanwhile is deaf to it until `prepare`."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    for tracker in _TRACKERS:  # they let Ctrl-C through again when they start: so now, not later
        importlib.import_module(tracker).ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)  # otherwise the item under way would be finished first, for nobody


def work(function: bytes, item: bytes) -> bytes:
    """Return the packed outcome of a packed item; called in a worker."""
    outcome = attempt(lambda packed: _function(function)(pickle.loads(packed)), 0, item)
    outcome = replace(outcome, item=b"")  # the parent has it
    if outcome.error is None:
        try:
            return dumps(outcome)
        except Exception as error:  # noqa: BLE001  # pickling can fail in any way
            outcome = replace(outcome, value=None, error=error, traceback=traceback.format_exc())
    return dumps(_portable(outcome))


def works(function: bytes) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return `work` for batches of Arrow with columns ``index`` and ``item``, as Spark has them."""

    def outcomes(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            packed = [work(function, item) for item in batch["item"].to_pylist()]
            outcome = pa.array(packed, pa.binary())
            yield pa.RecordBatch.from_arrays([batch["index"], outcome], ["index", "outcome"])

    return outcomes


def received(packed: bytes, index: int, item: Any) -> Outcome[Any, Any]:
    """Return the outcome that a worker sent."""
    try:
        outcome: Outcome[Any, Any] = pickle.loads(packed)
    except Exception as error:  # noqa: BLE001  # so can reading it back
        lost = WorkerError(f"the value cannot be read back: {type(error).__name__}: {error}")
        return Outcome(index, item, error=lost, traceback=traceback.format_exc())
    return replace(outcome, index=index, item=item)


def _portable(outcome: Outcome[Any, Any]) -> Outcome[Any, Any]:
    """Return the outcome with an error that survives pickling, as not every exception does."""
    try:
        pickle.loads(dumps(outcome.error))
    except Exception:  # noqa: BLE001  # as above
        text = f"{type(outcome.error).__name__}: {outcome.error}"
        return replace(outcome, error=WorkerError(text))
    return outcome


@functools.lru_cache(maxsize=1)
def _function(packed: bytes) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = pickle.loads(packed)
    return function
