"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from audioml.core.cli.output import someone_looks

__all__ = ["Told", "drawing"]


class Told:
    """What is told of the work; this one draws nothing."""

    def begin(self, what: str, total: int) -> None:
        """Say what comes now, and of how many songs."""

    def item(self, name: str) -> None:
        """Say which song is at hand."""

    def done(self, count: int = 1) -> None:
        """Say that so many more are done."""


@contextlib.contextmanager
def drawing() -> Iterator[Told]:
    """Give what draws a bar of songs while someone looks."""
    if not someone_looks():
        yield Told()
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
        TextColumn("{task.fields[what]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, what="")

        class Bar(Told):
            def begin(self, what: str, total: int) -> None:
                bar.reset(task, total=total, what=what, description="")

            def item(self, name: str) -> None:
                bar.update(task, description=name)

            def done(self, count: int = 1) -> None:
                bar.advance(task, count)

        yield Bar()
