"""Everything that requests need, made once in each process that answers them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from audioml.core.cli import output
from audioml.core.values import Audio, Prediction

from .batching import current
from .catalog import Catalog
from .decoding import Budget, Limits, Opened, opened
from .errors import BusyError
from .metrics import Metrics
from .settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from .jobs import Jobs

__all__ = ["Service", "build"]

log = logging.getLogger(__name__)
_MANY = ("predictions", "streams")
_FEW = 16  # recordings of jobs that come, and large results that go: each takes disk or memory


class Service:
    """The models, what is under way with them, and the application that answers over HTTP."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        from .app import create_app
        from .jobs import Jobs

        self.settings, self.catalog, self.metrics = settings, catalog, metrics
        self.draining = False
        self.warming = False
        self.jobs: Jobs = Jobs(self)
        self._lock = threading.Lock()
        self._under_way = dict.fromkeys(("predictions", "streams", "uploads", "results"), 0)
        self.metrics.watch(catalog.values(), lambda: self._under_way["predictions"])
        self.app: Flask = create_app(self)

    def open(self, file: BinaryIO, budget: Budget | None = None) -> Opened:
        """Return a recording that a client sent; see `decoding.opened`."""
        return opened(file, Limits.of(self.settings), budget)

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

    def check_room(self, name: str) -> None:
        """Refuse a prediction that would be refused, before its sound is even received.

        Raises
        ------
        BusyError
            If too many are under way, or too much waits for the model.
        """
        self._check("predictions")
        self.catalog[name].check_room()

    @contextmanager
    def admitted(self, what: str = "predictions") -> Iterator[None]:
        """Count something as under way: ``predictions``, ``streams``, ``uploads``, ``results``.

        Raises
        ------
        BusyError
            If there are as many as may be.
        """
        with self._lock:
            self._check(what)
            self._under_way[what] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[what] -= 1

    def _check(self, what: str) -> None:
        most = self.settings.pending if what in _MANY else _FEW
        if self._under_way[what] >= most:
            raise BusyError(f"{most} {what} are under way, which is all that may; try later")

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
        began = time.monotonic()
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
        if not output.is_quiet():
            output.say(f"ready: {', '.join(self.catalog)} ({time.monotonic() - began:.1f} s)")

    def drain(self) -> None:
        """Take no more jobs, and say so at ``/readyz``; what was taken is answered."""
        self.draining = True

    def close(self) -> None:
        """End everything that runs; nobody waits for an answer any more."""
        self.jobs.close()
        for served in self.catalog.values():
            served.close()

    def stuck(self) -> str | None:
        """Return a sentence if a model has hung, and this process must be replaced."""
        limits = ((self.settings.hang, False), (self.settings.job_hang, True))
        for name, served in self.catalog.items():
            for limit, background in limits:
                seconds = served.running(background=background)
                if seconds > limit:
                    return f"{name} has not answered for {seconds:.0f} s"
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
