"""Where items are worked on: here, in a pool of processes, or wherever an engine takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from ..errors import UsageError
from .outcome import Outcome, attempt

__all__ = ["Engine", "Serial", "run"]

Item = TypeVar("Item")
Value = TypeVar("Value")


class Engine(Protocol):
    """Runs a function over items. An item may be run twice, so it must be safe to repeat."""

    def run(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        /,
        *,
        workers: int,
        ordered: bool,
    ) -> Iterator[Outcome[Any, Any]]:
        """Yield an outcome for each item as it comes; with ``ordered``, in the items' order."""
        ...


class Serial:
    """Works on one item after the other, in this process."""

    def run(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        /,
        *,
        workers: int = 1,
        ordered: bool = True,
    ) -> Iterator[Outcome[Any, Any]]:
        """Yield an outcome for each item, in the items' order."""
        for index, item in enumerate(items):
            yield attempt(function, index, item)


def run(
    function: Callable[[Item], Value],
    items: Iterable[Item],
    *,
    workers: int = 1,
    ordered: bool = False,
    engine: Engine | None = None,
) -> Iterator[Outcome[Item, Value]]:
    """Yield what becomes of each item, as it comes; an item's failure does not end the run.

    Parameters
    ----------
    function
        Called with one item. Where a worker dies, items that it may have had are run again, so
        what the function writes must be safe to repeat.
    items
        Drawn as they are needed.
    workers
        Processes; 1 works in this one.
    ordered
        Whether outcomes come in the order of the items.
    engine
        Another place to work, instead of this machine.

    Raises
    ------
    UsageError
        If ``workers`` is below 1, or the function cannot be sent to another process.
    MissingDependencyError
        If several workers are wanted and joblib is not installed.
    """
    if workers < 1:
        raise UsageError(f"'workers' must be at least 1, got {workers!r}")
    if engine is None:
        engine = Serial() if workers == 1 else _pool()
    return engine.run(function, items, workers=workers, ordered=ordered)


def _pool() -> Engine:
    from .pool import Pool

    return Pool()
