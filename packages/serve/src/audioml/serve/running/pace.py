"""Whether a client sends, or takes, as fast as it must."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """Counts bytes against the time that was spent waiting for them.

    Parameters
    ----------
    timeout
        Seconds that may pass without a byte, and before the average counts.
    rate
        Bytes per second, on average over the last ``timeout`` to twice that of the time waited:
        a client that began quickly may not be slow for days.
    """

    __slots__ = ("_moved", "_quiet", "_rate", "_timeout", "_waited")

    def __init__(self, *, timeout: float, rate: float) -> None:
        self._timeout = timeout
        self._rate = rate
        self._waited = 0.0  # seconds of the present span
        self._quiet = 0.0  # seconds since the last byte
        self._moved = 0

    def waited(self, seconds: float) -> None:
        """Count time that passed while the client could have sent or taken bytes."""
        if self._waited > 2 * self._timeout and not self.late:
            self._waited = self._moved = 0
        self._waited += seconds
        self._quiet += seconds

    def moved(self, number: int) -> None:
        """Count bytes."""
        self._moved += number
        self._quiet = 0.0

    @property
    def patience(self) -> float:
        """Seconds until it is too late if no byte comes."""
        return max(self._timeout - self._quiet, 0.0)

    @property
    def late(self) -> bool:
        """Whether the client is too slow."""
        if self._quiet >= self._timeout:
            return True
        return self._waited > self._timeout and self._moved < self._rate * self._waited
