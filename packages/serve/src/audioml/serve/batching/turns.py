"""Models that answer about whole signals: a few at a time, the others wait their turn."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

from audioml.core.errors import AudiomlError

from ..errors import BusyError
from .call import current
from .waiting import wait

__all__ = ["Turns"]


class Turns:
    """Lets ``width`` calls in at a time and ``waiting`` more wait, the background last."""

    def __init__(self, name: str, *, width: int = 1, waiting: int = 64) -> None:
        self._name, self._free, self._limit = name, width, waiting
        self._lock = threading.Lock()
        self._queues: tuple[deque[threading.Event], deque[threading.Event]] = deque(), deque()
        self._inside: dict[int, float] = {}

    @property
    def waiting(self) -> int:
        """Return how many calls wait."""
        return sum(map(len, self._queues))

    @property
    def running(self) -> float:
        """Return for how many seconds the oldest call of the foreground has been inside."""
        started = list(self._inside.values())
        return time.monotonic() - min(started) if started else 0.0

    def check_room(self) -> None:
        """Raise a `BusyError` if no more may wait."""
        if self.waiting >= self._limit:
            raise BusyError(f"{self.waiting} requests wait for {self._name}, which is all that may")

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and take it.

        Raises
        ------
        BusyError
            If too many wait already.
        LateError, GoneError
            If nobody waits for the answer any more.
        """
        call, start = current(), time.monotonic()
        self._enter()
        call.add("queue", time.monotonic() - start)
        if not call.background:  # which may take hours
            self._inside[threading.get_ident()] = time.monotonic()
        try:
            yield
        finally:
            self._inside.pop(threading.get_ident(), None)
            self._leave()

    def _enter(self) -> None:
        call = current()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if not call.background:
                self.check_room()
            mine = threading.Event()
            self._queues[call.background].append(mine)
        try:
            wait(mine, call)
        except AudiomlError:
            with self._lock:
                for queue in self._queues:
                    with contextlib.suppress(ValueError):
                        queue.remove(mine)
                        raise
            self._leave()  # it was let in at this very moment
            raise

    def _leave(self) -> None:
        with self._lock:
            for queue in self._queues:
                if queue:
                    queue.popleft().set()
                    return
            self._free += 1
