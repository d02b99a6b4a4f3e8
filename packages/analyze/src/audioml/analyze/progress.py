"""How far the work is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from audioml.core.cli.output import someone_looks
from audioml.core.files import native

__all__ = ["listening"]

_LONG = 120.0  # seconds of sound; what is shorter is done before anybody looks


@contextlib.contextmanager
def listening(path: Path) -> Iterator[Callable[[float], None]]:
    """Give a function ``heard(seconds)`` that draws a bar of a long recording's time."""
    seconds = _length(path) if someone_looks() else 0.0
    if seconds < _LONG:
        yield lambda _seconds: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    columns = BarColumn(), TimeRemainingColumn(), TaskProgressColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=seconds)
        yield lambda now: bar.update(task, completed=now)


def _length(path: Path) -> float:
    import soundfile

    try:
        return float(soundfile.info(native(path)).duration)
    except (soundfile.LibsndfileError, OSError):
        return 0.0
