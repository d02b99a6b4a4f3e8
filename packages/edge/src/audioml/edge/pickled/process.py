"""The child process that runs a pickle, and how it ends."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from . import wire

__all__ = ["Answer", "Child"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_starting = threading.Lock()

_POLL = 0.2  # seconds


def while_waiting() -> None:
    """Do nothing; put another function here to be called now and then while a child works.

    It may raise, which ends the child.
    """


Answer = tuple[dict[str, Any], bytes]
"""What the child says: nothing and the features, or what went wrong."""


class Child:
    """One process, and the wire to it.

    ``sound`` tells that the last message was answered; ``finish()`` ends the process, as losing
    the last reference does.

    Parameters
    ----------
    memory_mb
        MiB of address space that it may have.
    """

    def __init__(self, memory_mb: int) -> None:
        self.sound = True
        self._maker = os.getpid()
        self.process = _started(
            [
                *(sys.executable, "-P", "-m", "audioml.edge.pickled.child"),
                *(str(os.getpid()), str(memory_mb)),
            ]
        )
        self.finish: Callable[[], Any] = weakref.finalize(self, _end, self.process, os.getpid())

    def usable(self) -> bool:
        """Return whether it runs, and is this process's: after a fork it is another's."""
        return self.sound and self._maker == os.getpid() and self.process.poll() is None

    def ask(self, head: dict[str, Any], body: bytes, *, timeout: float) -> Answer:
        """Return the answer to a message.

        Raises
        ------
        TimeoutError
            If it took longer than ``timeout`` seconds; the child is ended then.
        OSError, EOFError, ValueError
            If the child ended, or answers nonsense.
        """
        self.sound = False  # unless all goes well, whatever interrupts this
        late = threading.Event()
        timer = threading.Timer(timeout, _stop, (self.process, late))
        timer.daemon = True
        timer.start()
        try:
            answer = self._exchanged(head, body)
        except (OSError, EOFError, ValueError) as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
        self.sound = not late.is_set()
        return answer

    def _exchanged(self, head: dict[str, Any], body: bytes) -> Answer:
        source, sink = self._streams()
        wire.send(sink, head, body)
        while not select.select([source], [], [], _POLL)[0]:
            while_waiting()
        answer = wire.receive(source)
        if answer is None:
            raise EOFError("the child ended")
        return answer

    def _streams(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        return self.process.stdout, self.process.stdin

    def end(self) -> str:
        """Return how the child ended, as the predicate of a sentence."""
        try:
            code = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "sent what is no answer"
        if code >= 0:
            return f"ended its process with exit code {code}"
        with contextlib.suppress(ValueError):
            return f"crashed ({signal.Signals(-code).name})"
        return f"crashed (signal {-code})"


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """Return a child started by a thread that lasts, for Linux ends the child with that thread."""
    with _starting:
        return _starter(os.getpid()).submit(_start, command).result()


@functools.cache
def _starter(pid: int) -> ThreadPoolExecutor:
    """Return this process's thread; that of the process it was forked from is not in it."""
    return ThreadPoolExecutor(1, "audioml-pickled")


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches the parent alone
        env={**dict.fromkeys(_THREADS, "1"), **os.environ},
    )


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a child and what it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()


def _end(process: subprocess.Popen[bytes], maker: int) -> None:
    if maker == os.getpid():  # a fork has the pipes, not the child
        if process.poll() is None:
            _kill(process)
        process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
