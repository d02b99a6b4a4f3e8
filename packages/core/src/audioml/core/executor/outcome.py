"""What became of one item."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Outcome", "attempt", "in_order"]

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Value]):
    """An item with its value, or with the error and its traceback as text.

    ``index`` is the item's place among the items, and ``seconds`` the time that it took.
    """

    index: int
    item: Item
    value: Value | None = None
    error: BaseException | None = None
    traceback: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Return whether there is a value."""
        return self.error is None

    def unwrap(self) -> Value:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # None is a value as good as any


def attempt(function: Callable[[Item], Value], index: int, item: Item) -> Outcome[Item, Value]:
    """Return what becomes of an item here and now; only Ctrl-C gets through."""
    began = time.perf_counter()
    fields: dict[str, Any] = {}
    try:
        fields["value"] = function(item)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the item's, whatever it is
        fields.update(error=error, traceback=traceback.format_exc())
    return Outcome(index, item, **fields, seconds=time.perf_counter() - began)


def in_order(outcomes: Iterator[Outcome[Any, Any]]) -> Iterator[Outcome[Any, Any]]:
    """Yield outcomes by their index; closing this closes the run."""
    early: dict[int, Outcome[Any, Any]] = {}
    wanted = 0
    with contextlib.closing(outcomes):  # type: ignore[type-var]  # a generator has close()
        for outcome in outcomes:
            early[outcome.index] = outcome
            while wanted in early:
                yield early.pop(wanted)
                wanted += 1
