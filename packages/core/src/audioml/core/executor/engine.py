"""Where items are worked on: here, in a pool of processes, or wherever an engine takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from ..errors import UsageError
from ..plugins import registry
from .outcome import Outcome, attempt

__all__ = ["Engine", "Local", "Serial", "engine_named", "run"]

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


class Local:
    """Works on this machine: in this process, or in as many as there are workers.

    Parameters
    ----------
    address
        None: the machine has no other.
    """

    def __init__(self, address: str | None = None) -> None:
        if address is not None:
            raise UsageError(f"the engine 'local' works on this machine, not on {address!r}")

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
        engine = Serial() if workers == 1 else _pool()
        return engine.run(function, items, workers=workers, ordered=ordered)


def engine_named(name: str, *, address: str | None = None) -> Engine:
    """Return the engine of a plugin: ``local``, ``spark``, ``ray`` or another that is installed.

    Parameters
    ----------
    name
        Of a component of the kind ``engine``.
    address
        Of the cluster, as the engine has it, such as ``spark://host:7077``; None for an engine's
        own processes on this machine.

    Raises
    ------
    NotFoundError
        If there is no such engine.
    MissingDependencyError
        If what it needs is not installed.
    UsageError
        If it has no use for an address.
    """
    engine: Engine = registry().find("engine", name).load()(address)
    return engine


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
    return (engine or Local()).run(function, items, workers=workers, ordered=ordered)


def _pool() -> Engine:
    from .pool import Pool

    return Pool()
