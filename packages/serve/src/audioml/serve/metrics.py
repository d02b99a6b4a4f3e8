"""What Prometheus is told: requests, runs of models, what waits, and how long stages took."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    platform_collector,
    process_collector,
)

if TYPE_CHECKING:
    from .catalog import Served

__all__ = ["MEDIA", "Metrics"]

MEDIA = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_FRESH = 5.0  # seconds between looks at what waits, where several processes tell it
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


def _forget_the_dead(folder: Path) -> None:
    """Remove the gauges of processes that are no more."""
    for path in folder.glob("gauge_live*_*.db"):
        process = path.stem.rpartition("_")[2]
        if process.isdecimal() and not Path("/proc", process).exists():
            path.unlink(missing_ok=True)


def _waiting(served: Served) -> float:
    return served.waiting


class Metrics:
    """The counters of one process; with several processes, they share a folder."""

    def __init__(self) -> None:
        self._shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        if self._shared:
            _forget_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        self._registry = CollectorRegistry()
        here: dict[str, Any] = {"registry": None if self._shared else self._registry}
        if not self._shared:
            process_collector.ProcessCollector(registry=self._registry)
            platform_collector.PlatformCollector(registry=self._registry)
        self._requests = Counter(
            "audioml_requests", "Requests answered", ["route", "method", "status"], **here
        )
        self._seconds = Histogram(
            "audioml_request_seconds", "Seconds to an answer", ["route"], buckets=_SECONDS, **here
        )
        self._stages = Histogram(
            "audioml_stage_seconds",
            "Seconds of a request in each stage: decode, features, queue, model, encode",
            ["model", "stage"],
            buckets=_SECONDS,
            **here,
        )
        self._rows = Histogram(
            "audioml_batch_rows", "Windows in one run of a model", ["model"], buckets=_ROWS, **here
        )
        self._runs = Histogram(
            "audioml_run_seconds", "Seconds of one run", ["model"], buckets=_SECONDS, **here
        )
        self._audio = Counter(
            "audioml_audio_seconds", "Seconds of sound that were answered about", ["model"], **here
        )
        self._depth = Gauge(
            "audioml_queue_depth",
            "Windows, or calls, that wait for a model",
            ["model"],
            multiprocess_mode="livesum",
            **here,
        )
        self._pending = Gauge(
            "audioml_pending_requests",
            "Predictions under way",
            multiprocess_mode="livesum",
            **here,
        )

    def runs(self, model: str) -> Callable[[int, float], None]:
        """Return what is to be called after each run of a model, with its rows and seconds."""
        rows, seconds = self._rows.labels(model), self._runs.labels(model)

        def told(count: int, spent: float) -> None:
            rows.observe(count)
            seconds.observe(spent)

        return told

    def predicted(self, model: str, stages: Mapping[str, float], duration: float) -> None:
        """Count a prediction about ``duration`` seconds of sound."""
        for stage, seconds in stages.items():
            self._stages.labels(model, stage).observe(seconds)
        self._audio.labels(model).inc(duration)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch(self, served: Iterable[Served], pending: Callable[[], int]) -> None:
        """Tell from now on what waits for each model, and how many predictions are under way."""
        if self._shared:  # files of numbers know no functions: see `refresh`
            self._watched: Any = (list(served), pending)
            threading.Thread(target=self._refreshing, name="metrics", daemon=True).start()
            return
        for each in served:
            self._depth.labels(each.spec.name).set_function(partial(_waiting, each))
        self._pending.set_function(pending)

    def refresh(self) -> None:
        """Write what waits in this process for the others that may be asked."""
        if self._shared:
            served, pending = self._watched
            for each in served:
                self._depth.labels(each.spec.name).set(each.waiting)
            self._pending.set(pending())

    def _refreshing(self) -> None:
        while True:
            time.sleep(_FRESH)
            self.refresh()

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        registry = self._registry
        if self._shared:
            self.refresh()
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text: bytes = generate_latest(registry)
        return text
