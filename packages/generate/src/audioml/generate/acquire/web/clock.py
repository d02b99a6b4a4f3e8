"""The time, and how long to wait for what: in one place, so that tests need not wait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Clock", "Pace"]


class Clock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return seconds since some moment; they never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def today(self) -> datetime:
        """Return the date and time, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a download is; times in seconds.

    Parameters
    ----------
    tries
        Failures in a row after which something is given up.
    new
        The same for a host that never answered: there may be no network at all.
    backoff
        Wait after the first failure; it is doubled at every further one.
    longest
        A host that asks for a longer wait than this is given up.
    delay
        Between two requests to a host, at least.
    connect, read
        How long to wait for a connection, and for the next byte.
    least, window
        Bytes that must come within so many seconds; a try that brought as many got on.
    """

    tries: int = 6
    new: int = 2
    backoff: float = 1.0
    longest: float = 600.0
    delay: float = 0.0
    connect: float = 15.0
    read: float = 60.0
    least: int = 16384
    window: float = 60.0
