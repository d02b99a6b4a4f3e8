"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from audioml.core.cli.output import someone_looks

__all__ = ["counting"]


@contextlib.contextmanager
def counting(total: int, title: str) -> Iterator[Callable[[str], None]]:
    """Give a function ``advance(name)`` that draws a bar of recordings while someone looks."""
    if not someone_looks():
        yield lambda _name: None
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
        TextColumn(title),
        BarColumn(),
        TimeRemainingColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda name: bar.update(task, advance=1, description=name)
