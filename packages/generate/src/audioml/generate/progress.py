"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audioml.core.cli.output import counter, someone_looks

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Told", "drawing"]


class Told:
    """What is told of the work; this one draws nothing."""

    def begin(self, what: str, total: int) -> None:
        """Say what comes now, and of how many recordings."""

    def item(self, name: str) -> None:
        """Say which one is at hand."""

    def size(self, done: int, total: int | None) -> None:
        """Say how many bytes of it are here, and of how many."""

    def done(self, count: int = 1) -> None:
        """Say that so many more are done."""


@contextlib.contextmanager
def drawing() -> Iterator[Told]:
    """Give what draws a bar of recordings while someone looks."""
    if not someone_looks():
        yield Told()
        return
    with counter() as bar:
        yield _Bar(bar)


class _Bar(Told):
    def __init__(self, bar: Progress) -> None:
        self._bar, self._task, self._name = bar, bar.add_task("", total=None, what=""), ""

    def begin(self, what: str, total: int) -> None:
        self._bar.reset(self._task, total=total, what=what, description="")

    def item(self, name: str) -> None:
        self._name = name
        self._bar.update(self._task, description=name)

    def size(self, done: int, total: int | None) -> None:
        size = f"{done / 1e6:.1f}" + ("" if total is None else f" of {total / 1e6:.1f}")
        self._bar.update(self._task, description=f"{self._name} ({size} MB)")

    def done(self, count: int = 1) -> None:
        self._bar.advance(self._task, count)
