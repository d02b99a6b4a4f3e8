"""Sound that cannot wait: what is not taken in time is dropped, oldest first, and counted."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
from numpy.typing import NDArray

__all__ = ["Backlog"]

Samples = NDArray[np.float32]


class Backlog:
    """Blocks that wait between the thread that brings them and the one that takes them.

    Parameters
    ----------
    limit
        Seconds of sound that may wait; one block may, however long.
    rate
        Hz.
    """

    def __init__(self, limit: float, *, rate: int) -> None:
        self._limit, self._rate = round(limit * rate), rate
        self._blocks: deque[tuple[Samples, float]] = deque()
        self._held = 0  # samples
        self._lost = 0.0  # seconds before the block that is next
        self._closed = False
        self._changed = threading.Condition()

    def put(self, samples: Samples, *, lost: float = 0.0) -> None:
        """Add a block, shape (channels, n), before which seconds are lost; never wait."""
        with self._changed:
            self._blocks.append((samples, lost))
            self._held += samples.shape[1]
            while self._held > self._limit and len(self._blocks) > 1:
                dropped, before = self._blocks.popleft()
                self._held -= dropped.shape[1]
                self._lost += dropped.shape[1] / self._rate + before
            self._changed.notify()

    def get(self, timeout: float) -> tuple[Samples, float] | None:
        """Return the oldest block and the seconds lost before it, or None if none came in time."""
        with self._changed:
            if not self._blocks:
                self._changed.wait_for(lambda: self._blocks or self._closed, timeout)
            if not self._blocks:
                return None
            samples, before = self._blocks.popleft()
            self._held -= samples.shape[1]
            lost, self._lost = self._lost + before, 0.0
            return samples, lost

    def close(self) -> None:
        """Say that nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Return whether nothing more will come."""
        return self._closed
