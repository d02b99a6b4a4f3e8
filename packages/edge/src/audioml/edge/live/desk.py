"""Where the results of streams go: to who sent the sound, and to sinks through the outbox."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audioml.core.errors import AudiomlError
from audioml.core.stages import Estimator

from ..database import Database
from ..dispatch import Dispatcher
from ..outbox import Outbox
from ..records import Records
from ..sinks.base import Event, EventSink
from .base import Stream
from .engine import analyse, lock_for

__all__ = ["Desk", "opened"]

log = logging.getLogger(__name__)


class Desk:
    """Runs the model on streams, side by side, and passes on what it says.

    Parameters
    ----------
    estimator, records
        The model, and what makes records of its results.
    outbox
        What the records go through.
    dispatcher
        What brings them on from there.
    sinks
        By name.
    stop
        Set where everything shall end.
    replies_on_stdout
        Whether replies go to standard output, where records would be in their way.
    """

    def __init__(
        self,
        estimator: Estimator,
        records: Records,
        *,
        outbox: Outbox,
        dispatcher: Dispatcher,
        sinks: Mapping[str, EventSink],
        stop: threading.Event,
        replies_on_stdout: bool = False,
    ) -> None:
        self._estimator, self._records = estimator, records
        self._outbox, self._dispatcher, self._sinks = outbox, dispatcher, tuple(sinks)
        self._quiet = tuple(n for n in sinks if n != "stdout" or not replies_on_stdout)
        self._turn, self._stop = lock_for(estimator), stop
        self._writing = threading.Lock()
        self.failures = 0

    def handle(self, stream: Stream) -> None:
        """Take a stream to its end.

        Raises
        ------
        AudiomlError
            If the model cannot take its sound.
        """
        try:
            for result in analyse(stream, self._estimator, lock=self._turn):
                events = self._records(result)
                if stream.reply is not None:
                    for event in events:
                        stream.reply(event.data)
                self._send(events, self._quiet if stream.reply else self._sinks)
                if self._dispatcher.broken:
                    return
        except AudiomlError:
            self.failures += 1
            raise

    def _send(self, events: Sequence[Event], sinks: Sequence[str]) -> None:
        """Put records into the outbox; a full disk is waited for, as is who sends the sound."""
        told = False
        while True:
            try:
                with self._writing:
                    self._outbox.send(dict.fromkeys(sinks, events))
            except OSError as error:
                if self._stop.is_set():
                    raise
                if not told:
                    log.warning("%s; trying again every second", error)
                told = True
                self._stop.wait(1.0)
            else:
                self._dispatcher.wake()
                return


@contextlib.contextmanager
def opened(
    path: Path,
    estimator: Estimator,
    records: Records,
    sinks: Mapping[str, EventSink],
    *,
    stop: threading.Event,
    replies_on_stdout: bool = False,
) -> Iterator[Desk]:
    """Give a desk whose records go through the journal at ``path``."""
    with contextlib.closing(Database(path, shared=True)) as database:
        outbox = Outbox(database)
        outbox.trim("stdout", 0)
        dispatcher = Dispatcher(path, sinks)
        dispatcher.start()
        try:
            yield Desk(
                estimator,
                records,
                outbox=outbox,
                dispatcher=dispatcher,
                sinks=sinks,
                stop=stop,
                replies_on_stdout=replies_on_stdout,
            )
        finally:
            dispatcher.close(stop.is_set)
