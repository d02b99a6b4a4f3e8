"""What a person sees: problems and progress on stderr, results on stdout."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from ..errors import OutputError
from ..files import writing

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = [
    "configure_logging",
    "continue_logging",
    "counter",
    "counting",
    "flush",
    "is_quiet",
    "is_terminal",
    "level",
    "progress",
    "say",
    "silence",
    "someone_looks",
    "table",
    "write_result",
]


def configure_logging(*, verbose: bool = False, quiet: bool = False) -> None:
    """Send the log of audioml to stderr, one line a message."""
    handler = _Stderr()
    handler.setFormatter(_Sentences())
    logger = logging.getLogger("audioml")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
    logger.propagate = False


def level() -> int:
    """Return the level of the log, to be handed on to other processes."""
    return logging.getLogger("audioml").level


def is_quiet() -> bool:
    """Return whether only what failed is to be said."""
    return level() >= logging.ERROR


def continue_logging(at: int) -> None:
    """Log in a worker process as its parent does; nothing happens in the parent itself."""
    logger = logging.getLogger("audioml")
    if not logger.handlers:
        configure_logging()
        logger.setLevel(at)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the time: a progress bar puts itself before it."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        pass

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr is not None:
            super().emit(record)


class _Sentences(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return f"audioml: {prefix}{record.getMessage()}"


def say(sentence: str) -> None:
    """Say a sentence on stderr, which a closed or full one does not hear."""
    if sys.stderr is None:  # and print would take stdout instead
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(f"audioml: {sentence}\n")  # at once: others may write there too
        sys.stderr.flush()


def write_result(data: bytes) -> None:
    """Write bytes to stdout.

    Raises
    ------
    OutputError
        If they cannot be written, as on a full disk.
    """
    try:
        with writing("standard output"):
            if sys.stdout is None:
                raise OSError(errno.EBADF, "it is closed")
            sys.stdout.flush()
            left = memoryview(data)
            while left:  # an unbuffered stream may take a part
                left = left[sys.stdout.buffer.write(left) :]
            sys.stdout.buffer.flush()
    except OutputError as error:
        silence()  # what is still buffered would fail once more at the end
        if isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from None
        raise


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def someone_looks() -> bool:
    """Return whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def flush() -> bool:
    """Flush stdout and return whether all is written, or its reader has had enough."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        say(f"cannot write standard output: {error.strerror}")
        return False
    return True


def silence() -> None:
    """Send what is still buffered for stdout nowhere."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give a function ``update(done, total)`` that draws a bar while someone looks."""
    if not someone_looks():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def counting(total: int, title: str = "") -> Iterator[Callable[[str], None]]:
    """Give a function ``advance(name)`` that draws a bar of recordings while someone looks."""
    if not someone_looks():
        yield lambda _name: None
        return
    with counter() as bar:
        task = bar.add_task("", total=total, what=title)
        yield lambda name: bar.update(task, advance=1, description=name)


def counter() -> Progress:
    """Return a bar that counts recordings; a task's field ``what`` says what is done to them."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.fields[what]}", markup=False),
        BarColumn(),
        TimeRemainingColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Return rows as aligned text, the last column left as long as it is."""
    widths = [max(len(r[i]) for r in [headings, *rows]) for i in range(len(headings) - 1)]
    lines = []
    for row in [headings, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)
