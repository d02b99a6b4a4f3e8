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
    """Lets ``width`` calls in at a time and ``waiting`` more wait.

    Jobs of the background have a lane of their own, where the model may run twice at the same
    time (``apart``): hours of a job are then no reason to keep others waiting. Otherwise they
    come last.
    """

    def __init__(
        self, name: str, *, width: int = 1, waiting: int = 64, apart: bool = False
    ) -> None:
        lane = _Lane(name, width, waiting)
        self._lanes = lane, _Lane(name, 1, waiting) if apart else lane

    @property
    def waiting(self) -> int:
        """Return how many calls wait."""
        return sum(lane.waiting for lane in dict.fromkeys(self._lanes))

    def running(self, *, background: bool) -> float:
        """Return for how many seconds the oldest call of a kind has been inside; 0 for none."""
        return self._lanes[background].running(background=background)

    def check_room(self) -> None:
        """Raise a `BusyError` if no more may wait."""
        self._lanes[0].check_room()

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
        lane = self._lanes[call.background]
        lane.enter()
        call.add("queue", time.monotonic() - start)
        mine = threading.get_ident(), call.background
        lane.inside[mine] = time.monotonic()
        try:
            yield
        finally:
            del lane.inside[mine]
            lane.leave()


class _Lane:
    """Those who are inside, and those who wait: the background behind all others."""

    def __init__(self, name: str, width: int, waiting: int) -> None:
        self._name, self._free, self._limit = name, width, waiting
        self._lock = threading.Lock()
        self._queues: tuple[deque[threading.Event], deque[threading.Event]] = deque(), deque()
        self.inside: dict[tuple[int, bool], float] = {}
        """Thread, and whether it works in the background, to when it came in."""

    @property
    def waiting(self) -> int:
        return sum(map(len, self._queues))

    def running(self, *, background: bool) -> float:
        started = [since for (_, kind), since in list(self.inside.items()) if kind == background]
        return time.monotonic() - min(started) if started else 0.0

    def check_room(self) -> None:
        if self.waiting >= self._limit:
            raise BusyError(f"{self.waiting} requests wait for {self._name}, which is all that may")

    def enter(self) -> None:
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
            self._give_up(mine)
            raise

    def leave(self) -> None:
        with self._lock:
            for queue in self._queues:
                if queue:
                    queue.popleft().set()
                    return
            self._free += 1

    def _give_up(self, mine: threading.Event) -> None:
        with self._lock:
            for queue in self._queues:
                if mine in queue:
                    queue.remove(mine)
                    return
        self.leave()  # it was let in at this very moment
