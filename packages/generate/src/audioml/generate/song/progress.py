"""How far a song is, drawn on stderr for those who look."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from audioml.core.cli.output import is_quiet, say, someone_looks

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Pace", "drawing"]

_SHORT = 0.5  # seconds of work, before which nothing is drawn: it costs some itself
_LONG = 2.0  # seconds without a sound, after which it is said why


class Pace:
    """How much sound there is, and how fast it came; ``total`` is in seconds, of all songs."""

    def __init__(self, total: float) -> None:
        self.total = total
        self.made = 0.0
        self._began = self._since = time.monotonic()
        self._before = 0.0

    def add(self, seconds: float) -> None:
        """Say that so many seconds of sound more are there."""
        if not self.made:  # the first block may have waited for a compiler
            self._since, self._before = time.monotonic(), seconds
        self.made += seconds

    @property
    def taken(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def factor(self) -> float:
        """Return how many seconds of sound come in a second."""
        taken = time.monotonic() - self._since
        if self.made > self._before and taken > 0:
            return (self.made - self._before) / taken
        return self.made / self.taken if self.taken > 0 else 0.0


@contextlib.contextmanager
def drawing(total: float) -> Iterator[Pace]:
    """Give a pace that draws a bar when somebody looks and the work is long."""
    if not someone_looks() or is_quiet():
        yield Pace(total)
        return
    with _Bar(total) as bar:
        yield bar


class _Bar(Pace):
    def __init__(self, total: float) -> None:
        super().__init__(total)
        self._bar: Progress | None = None
        self._timer = threading.Timer(_LONG, self._explain)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._bar is not None:
            self._bar.stop()

    def add(self, seconds: float) -> None:
        super().add(seconds)
        self._timer.cancel()
        if self._bar is None and self.taken > _SHORT and self.made < self.total:
            self._bar = _begun(self.total)
        if self._bar is not None:
            told = f"{self.made:.1f} of {self.total:g} s, {self.factor:.3g} times real time"
            self._bar.update(self._bar.task_ids[0], completed=self.made, description=told)

    @staticmethod
    def _explain() -> None:
        say("getting ready; the first song on a machine waits some seconds for its compiler")


def _begun(total: float) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=total)
    bar.start()
    return bar
