"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audioml.core.cli.output import someone_looks

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Drawn", "drawing"]


class Drawn:
    """What is told of the work; this one draws nothing."""

    def begin(self, total: int) -> None:
        """Say how many recordings there will be."""

    def item(self, name: str) -> None:
        """Say which one is got next."""

    def told(self, done: int, total: int | None) -> None:
        """Say how many bytes of a file are here."""

    def done(self) -> None:
        """Say that one more is done."""


@contextlib.contextmanager
def drawing() -> Iterator[Drawn]:
    """Give what draws a bar of recordings, and of the bytes of the one at hand."""
    if not someone_looks():
        yield Drawn()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


class _Bar(Drawn):
    def __init__(self, bar: Progress) -> None:
        self._bar, self._task, self._name = bar, bar.add_task("", total=None), ""

    def begin(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def item(self, name: str) -> None:
        self._name = name
        self._bar.update(self._task, description=name)

    def told(self, done: int, total: int | None) -> None:
        size = f"{done / 1e6:.1f}" + ("" if total is None else f" of {total / 1e6:.1f}")
        self._bar.update(self._task, description=f"{self._name} ({size} MB)")

    def done(self) -> None:
        self._bar.advance(self._task)
