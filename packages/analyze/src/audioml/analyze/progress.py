"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from audioml.core.cli.output import someone_looks
from audioml.core.files import native

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

__all__ = ["counting", "listening"]

_LONG = 120.0  # seconds of sound; what is shorter is done before anybody looks


@contextlib.contextmanager
def counting(total: int) -> Iterator[Callable[[str], None]]:
    """Give a function ``advance(name)`` that draws a bar of recordings while someone looks."""
    if not someone_looks():
        yield lambda _name: None
        return
    from rich.progress import MofNCompleteColumn, TextColumn

    with _bar(MofNCompleteColumn(), TextColumn("{task.description}", markup=False)) as bar:
        task = bar.add_task("", total=total)
        yield lambda name: bar.update(task, advance=1, description=name)


@contextlib.contextmanager
def listening(path: Path) -> Iterator[Callable[[float], None]]:
    """Give a function ``heard(seconds)`` that draws a bar of a long recording's time."""
    seconds = _length(path) if someone_looks() else 0.0
    if seconds < _LONG:
        yield lambda _seconds: None
        return
    from rich.progress import TaskProgressColumn

    with _bar(TaskProgressColumn()) as bar:
        task = bar.add_task("", total=seconds)
        yield lambda now: bar.update(task, completed=now)


def _bar(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TimeRemainingColumn

    return Progress(
        BarColumn(), TimeRemainingColumn(), *columns, console=Console(stderr=True), transient=True
    )


def _length(path: Path) -> float:
    import soundfile

    try:
        return float(soundfile.info(native(path)).duration)
    except (soundfile.LibsndfileError, OSError):
        return 0.0
