"""What is known of a job, kept in its folder so that any process can tell it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audioml.core.files import write_bytes

__all__ = ["ENDED", "JobState"]

_FILE = "job.json"
ENDED = ("done", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job; times are seconds since 1970, ``progress`` is from 0 to 1.

    ``owner`` marks the process that works at it, ``asker`` the name of the key that asked.
    """

    id: str
    model: str
    options: dict[str, Any] = field(default_factory=dict)
    filename: str = ""
    state: str = "queued"
    progress: float = 0.0
    created: float = field(default_factory=time.time)
    expires: float | None = None
    problem: dict[str, Any] | None = None
    duration: float = 0.0
    asker: str | None = None
    owner: str = ""

    def write(self, folder: Path) -> None:
        """Write it into the job's folder."""
        write_bytes(folder / _FILE, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, folder: Path) -> JobState | None:
        """Return what stands in a folder; None where there is none, or no more."""
        try:
            return cls(**json.loads((folder / _FILE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
