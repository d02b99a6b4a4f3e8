"""Runs something in a process forked from this one."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["forked"]

_PATIENCE = 60.0  # seconds after which a child is taken to hang


def forked(call: Callable[[], Any]) -> Any:
    """Return what a call returns in a forked process.

    Raises
    ------
    AssertionError
        If it raises there, or the process dies or hangs.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(call, there), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that forking is dangerous: it is why
        child.start()
    there.close()
    try:
        assert here.poll(_PATIENCE), f"the forked process hangs: no answer in {_PATIENCE:g} s"
        worked, result = here.recv()
    except EOFError:
        child.join()
        raise AssertionError(f"the forked process died, exit code {child.exitcode}") from None
    finally:
        child.kill()
        child.join()
        here.close()
    assert worked, f"in a forked process: {result}"
    return result


def _run(call: Callable[[], Any], answer: Connection) -> None:
    try:
        answer.send((True, call()))
    except BaseException as error:  # noqa: BLE001 - it is told to the parent
        answer.send((False, f"{type(error).__name__}: {error}"))
