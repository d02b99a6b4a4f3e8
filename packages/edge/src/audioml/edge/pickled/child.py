"""The process that loads a pickle and calls it: ``python -m audioml.edge.pickled.child``.

It is started by `audioml.edge.pickled.worker`, and ends with it. What the pickle prints goes to
standard error, for standard output carries the messages.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import IO, Any

import numpy as np

from . import wire

__all__ = ["main"]

_OPEN_FILES = 256


class _ContractError(Exception):
    """The pickle is not a function of ``(y, sr, hop_size=None)`` that returns an array."""


def main(arguments: list[str]) -> None:
    """Answer messages until there are no more; told are the parent's number and MiB of memory."""
    source, sink = _taken()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C ends
    _end_with(int(arguments[0]))
    _limit(int(arguments[1]) << 20)
    _serve(source, sink)


def _taken() -> tuple[IO[bytes], IO[bytes]]:
    """Return the two ends of the wire, away from where the pickle's code reads and prints."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return source, sink


def _end_with(parent: int) -> None:
    """Have Linux end this process when its parent ends; elsewhere the end of the wire does."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit(0)  # it ended before it was asked for


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    for what, wanted in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS has no limit of address space
            resource.setrlimit(what, (least, least))


def _serve(source: IO[bytes], sink: IO[bytes]) -> None:
    function: Callable[..., Any] | None = None
    while (message := wire.receive(source)) is not None:
        head, body = message
        answer: dict[str, Any] = {}
        values = b""
        try:
            if function is None:
                function = _loaded(body)
            else:
                values = _called(function, body, **head)
        except BaseException as error:  # noqa: BLE001 - SystemExit is the pickle's mistake too
            answer = _told(error)
        wire.send(sink, answer, values)


def _loaded(data: bytes) -> Callable[..., Any]:
    import dill

    found = dill.loads(data)
    if not callable(found):
        raise _ContractError(f"it holds an object of type {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _called(function: Callable[..., Any], body: bytes, *, rate: int, hop: float | None) -> bytes:
    chosen = {} if hop is None else {"hop_size": hop}
    found = function(wire.array(body), rate, **chosen)
    if not isinstance(found, np.ndarray):
        raise _ContractError(f"it returned an object of type {type(found).__name__}")
    if found.dtype.kind not in "fiu":
        raise _ContractError(f"it returned an array of {found.dtype}")
    return wire.packed(np.asarray(found, np.float32))


def _told(error: BaseException) -> dict[str, Any]:
    return {
        "contract": isinstance(error, _ContractError),
        "error": str(error) if isinstance(error, _ContractError) else _last_line(error),
        "module": error.name if isinstance(error, ModuleNotFoundError) else None,
        "memory": isinstance(error, MemoryError),
        "traceback": "".join(traceback.format_exception(error)),
    }


def _last_line(error: BaseException) -> str:
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__


if __name__ == "__main__":
    # functions that were pickled in a __main__ get a __main__ that holds nothing of ours
    sys.modules["__main__"] = ModuleType("__main__")
    main(sys.argv[1:])
