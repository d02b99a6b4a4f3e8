"""Everything that requests need, made once in each process that answers them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from audioml.core.values import Audio, Prediction

from .batching import current
from .catalog import Catalog
from .decoding import Limits, Opened, opened
from .errors import BusyError
from .metrics import Metrics
from .settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from .jobs import Jobs

__all__ = ["Service", "build"]

log = logging.getLogger(__name__)


class Service:
    """The models, what is under way with them, and the application that answers over HTTP."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        from .app import create_app
        from .jobs import Jobs

        self.settings, self.catalog, self.metrics = settings, catalog, metrics
        self.draining = False
        self.warming = False
        self.pool = ThreadPoolExecutor(8, "parts")
        self.jobs: Jobs = Jobs(self)
        self._lock = threading.Lock()
        self._pending = 0
        self.metrics.watch(catalog.values(), lambda: self._pending)
        self.app: Flask = create_app(self)

    def open(self, file: BinaryIO) -> Opened:
        """Return a recording that a client sent; see `decoding.opened`."""
        return opened(file, Limits.of(self.settings))

    def predict(
        self,
        name: str,
        blocks: Iterable[Audio],
        *,
        options: Mapping[str, Any] | None = None,
    ) -> Prediction:
        """Return a model's prediction for sound of any rate; runs are shared with other calls.

        Raises
        ------
        NotFoundError
            If there is no such model.
        UsageError
            If it has no such option, or makes sound.
        AudioError
            If the sound cannot be brought to fit.
        BusyError, LateError, GoneError, ModelError
            If there is no answer though the request makes sense.
        """
        served, end = self.catalog[name], [0.0]

        def timed() -> Iterator[Audio]:
            for block in blocks:
                end[0] = block.end
                yield block

        prediction = served.predict(timed(), options or {})
        self.metrics.predicted(served.spec.name, current().stages, end[0])
        return prediction

    @contextmanager
    def admitted(self, name: str) -> Iterator[None]:
        """Count a prediction as under way, or refuse it before anything is spent on it.

        Raises
        ------
        BusyError
            If too many are under way, or too much waits for the model.
        """
        with self._lock:
            if self._pending >= self.settings.pending:
                raise BusyError(
                    f"{self._pending} predictions are under way, which is all that may; try later"
                )
            self._pending += 1
        try:
            self.catalog[name].check_room()
            yield
        finally:
            with self._lock:
                self._pending -= 1

    def deadline(self, wanted: str | None) -> float:
        """Return until when a request is answered, as `time.monotonic` counts.

        ``wanted`` is what the client says in ``X-Request-Timeout``, in seconds.
        """
        try:
            seconds = min(float(wanted or "inf"), self.settings.deadline)
        except ValueError:
            seconds = self.settings.deadline
        return time.monotonic() + max(0.0, seconds)

    def warm(self) -> None:
        """Let every model answer once, beside: the first answer of some takes many seconds."""
        self.warming = True
        threading.Thread(target=self._warm, name="warm", daemon=True).start()

    def _warm(self) -> None:
        for name, served in self.catalog.items():
            if served.is_generator:
                continue
            rate, channels = served.spec.rate or 44100, served.spec.channels or 1
            noise = 0.1 * np.random.default_rng(0).random((channels, rate), np.float32)
            try:
                served.predict([Audio(noise, rate)], {})
            except Exception as error:  # noqa: BLE001 - the requests will tell, each by itself
                log.warning("%s does not answer about a second of noise: %s", name, error)
        self.warming = False

    def drain(self) -> None:
        """Take no more jobs, and say so at ``/readyz``; what was taken is answered."""
        self.draining = True

    def close(self) -> None:
        """End everything that runs; nobody waits for an answer any more."""
        self.jobs.close()
        self.pool.shutdown(wait=False, cancel_futures=True)
        for served in self.catalog.values():
            served.close()

    def stuck(self) -> str | None:
        """Return a sentence if a model has hung, and this process must be replaced."""
        for name, served in self.catalog.items():
            if served.running > self.settings.hang:
                return f"{name} has not answered for {served.running:.0f} s"
        return None


def build(settings: Settings) -> Service:
    """Return a service with its models loaded.

    Raises
    ------
    AudiomlError
        If a model cannot be loaded, or a setting makes no sense.
    """
    metrics = Metrics()
    return Service(settings, Catalog.load(settings, metrics), metrics)
