"""One function over many items, on one core or on all, each item's failure its own."""

from ..errors import WorkerError
from .engine import Engine, engine_named, run
from .outcome import Outcome

__all__ = ["Engine", "Outcome", "WorkerError", "engine_named", "run"]
