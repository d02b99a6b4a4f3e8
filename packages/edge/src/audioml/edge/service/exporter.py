"""Shows the counts for as long as the service runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from ..settings import Settings
from .counts import Counts

__all__ = ["exporting"]

_EVERY = 15.0  # seconds between writes of the file


@contextlib.contextmanager
def exporting(settings: Settings, counts: Counts) -> Iterator[None]:
    """Serve the metrics, or write them to a file now and then, where the settings say so."""
    told = settings.service
    with contextlib.ExitStack() as stack:
        if told.metrics:
            from .metrics import serve

            stack.callback(serve(told.metrics, counts))
        if told.metrics_file:
            stack.enter_context(_writing(settings.place(told.metrics_file), counts))
        yield


@contextlib.contextmanager
def _writing(path: Path, counts: Counts) -> Iterator[None]:
    from .metrics import write

    ending = threading.Event()

    def repeat() -> None:
        write(path, counts)
        while not ending.wait(_EVERY):
            write(path, counts)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(2.0)
        write(path, counts)
