"""What the service counts, for status and metrics."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Counts"]


@dataclass(slots=True)
class Counts:
    """Numbers since the start; seconds where they are times."""

    started: float = field(default_factory=time.time)
    done: int = 0
    truncated: int = 0
    bad: int = 0
    retried: int = 0
    gone: int = 0
    dropped: int = 0
    audio_seconds: float = 0.0
    work_seconds: float = 0.0
    last_result: float = 0.0
    backlog: int = 0
    overflows: int = 0
    scans: int = 0
    scan_seconds: float = 0.0
    disk_used: float = 0.0
    trouble: str = ""

    def count(self, state: str, *, status: str, duration: float, seconds: float) -> None:
        """Count what became of a file."""
        name = {"new": "retried"}.get(state, state)
        setattr(self, name, getattr(self, name) + 1)
        if state == "done":
            self.truncated += status == "truncated"
            self.audio_seconds += duration
            self.work_seconds += seconds
            self.last_result = time.time()
