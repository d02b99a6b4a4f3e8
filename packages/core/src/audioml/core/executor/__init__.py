"""One function over many items, on one core or on all, each item's failure its own."""

from .engine import Engine, run
from .outcome import Outcome, WorkerError

__all__ = ["Engine", "Outcome", "WorkerError", "run"]
