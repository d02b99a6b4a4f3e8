"""What is known of the request that is answered: until when, for whom, how long it took."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..errors import GoneError, LateError

__all__ = ["Call", "calling", "current"]


@dataclass(slots=True, eq=False)
class Call:
    """One request, or one job.

    ``deadline`` is a time of `time.monotonic`, in seconds. ``gone`` tells whether the client has
    gone away. A call in the ``background`` waits for those that are not. ``stages`` maps the
    name of a stage to the seconds spent in it.
    """

    deadline: float = math.inf
    gone: Callable[[], bool] = bool
    background: bool = False
    stages: dict[str, float] = field(default_factory=dict)

    def check(self) -> None:
        """Raise a `LateError` or a `GoneError` if nobody waits for the answer any more."""
        if time.monotonic() > self.deadline:
            raise LateError("the deadline passed before an answer was there; try a shorter clip")
        if self.gone():
            raise GoneError("the client went away")

    def add(self, stage: str, seconds: float) -> None:
        """Count seconds for a stage."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    @contextlib.contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count for a stage the time spent within, but for what others counted meanwhile."""
        before, start = sum(self.stages.values()), time.perf_counter()
        try:
            yield
        finally:
            elsewhere = sum(self.stages.values()) - before
            self.add(stage, time.perf_counter() - start - elsewhere)


_CURRENT: ContextVar[Call | None] = ContextVar("call", default=None)


def current() -> Call:
    """Return the call that this thread answers; one without limits where there is none."""
    return _CURRENT.get() or Call()


@contextlib.contextmanager
def calling(call: Call) -> Iterator[Call]:
    """Make ``call`` the one that this thread answers."""
    token = _CURRENT.set(call)
    try:
        yield call
    finally:
        _CURRENT.reset(token)
