"""Brings records from the outbox to the sinks, in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from audioml.core.errors import AudiomlError

from . import faults
from .database import Database
from .outbox import Outbox
from .sinks.base import EventSink

__all__ = ["Dispatcher"]

log = logging.getLogger(__name__)
_BATCH = 256
_HURRY = 1.0  # seconds
_LONGEST = 5.0  # seconds between tries of a sink that does not take anything
_FOREVER = 3600.0


class Dispatcher:
    """Delivers every record to every sink, however long that takes.

    A sink that fails is tried again, less and less often; the others do not wait for it.
    ``broken`` is set where nobody reads standard output any more; once it is closed, ``left`` is
    how many records wait for each sink.

    Parameters
    ----------
    journal
        Path of the journal, which the thread opens for itself.
    sinks
        By name.
    limit
        How many records may wait for a sink that takes none; of more the oldest are dropped.
    """

    def __init__(
        self, journal: Path, sinks: Mapping[str, EventSink], *, limit: int = 1_000_000
    ) -> None:
        self._path, self._sinks, self._limit = journal, sinks, limit
        self.dropped = 0
        self.left: dict[str, int] = {}
        self._wanted, self._ending = threading.Event(), threading.Event()
        self._due = dict.fromkeys(sinks, 0.0)
        self._delay = dict.fromkeys(sinks, 0.0)
        self.troubles: dict[str, str] = {}
        self.broken = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new records."""
        self._wanted.set()

    def close(self, hurry: Callable[[], bool] = lambda: True) -> None:
        """Deliver what waits and can be delivered, and end.

        A reader that is slow is waited for, but no more than a second once there is a ``hurry``.
        """
        self._ending.set()
        self._wanted.set()
        deadline = float("inf")
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._thread.join(0.1)
            if hurry():
                deadline = min(deadline, time.monotonic() + _HURRY)
        with contextlib.closing(Database(self._path)) as database:
            waiting = Outbox(database).unsent()
        self.left = {name: waiting[name] for name in self._sinks if name in waiting}
        if not self._thread.is_alive():  # else it still uses them
            for sink in self._sinks.values():
                sink.close()

    def _run(self) -> None:
        outbox = self._opened()
        while outbox is not None:
            ending = self._ending.is_set()
            self._wanted.clear()
            for name in self._sinks:
                self._deliver(outbox, name)
                if name in self.troubles:
                    with contextlib.suppress(OSError):
                        self._trim(outbox, name)
            if ending:
                return
            waits = [due - time.monotonic() for name, due in self._due.items() if self._delay[name]]
            self._wanted.wait(max(0.0, min(waits, default=_FOREVER)))

    def _opened(self) -> Outbox | None:
        """Return the outbox, once the disk lets it be opened."""
        while True:
            try:
                return Outbox(Database(self._path))
            except OSError as error:
                log.warning("%s; trying again", error)
                if self._ending.wait(1.0):
                    return None

    def _deliver(self, outbox: Outbox, name: str) -> None:
        """Give a sink all that waits for it, unless it failed a short while ago."""
        if self._delay[name] and time.monotonic() < self._due[name]:
            return
        try:
            while rows := outbox.waiting(name, _BATCH):
                self._sinks[name].deliver([event for _, event in rows])
                faults.point("after_deliver")
                outbox.taken([number for number, _ in rows])
                self._delivered(name)
        except BrokenPipeError:
            self.broken = True
            self.troubles[name] = "nobody reads it any more"
            self._delay[name], self._due[name] = _FOREVER, time.monotonic() + _FOREVER
        except (OSError, AudiomlError) as error:
            self._failed(name, str(error))
        except Exception as error:
            log.exception("sink %s", name)
            self._failed(name, f"{type(error).__name__}: {error}")

    def _delivered(self, name: str) -> None:
        self._delay[name] = 0.0
        if self.troubles.pop(name, None):
            log.warning("sink %s takes records again", name)

    def _failed(self, name: str, reason: str) -> None:
        if name not in self.troubles:
            log.warning("sink %s takes no records: %s; they are kept", name, reason)
        self.troubles[name] = reason
        self._delay[name] = min(_LONGEST, max(1.0, 2 * self._delay[name]))
        self._due[name] = time.monotonic() + self._delay[name]

    def _trim(self, outbox: Outbox, name: str) -> None:
        dropped = outbox.trim(name, self._limit)
        if dropped:
            self.dropped += dropped
            log.warning("%d records for sink %s are dropped: too many wait", dropped, name)
