"""The counts in Prometheus' words: over HTTP, or in a file for the node exporter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from audioml.core.errors import MissingDependencyError, OutputError, UsageError

from .counts import Counts

__all__ = ["serve", "write"]

log = logging.getLogger(__name__)
_COUNTERS = {
    "done": "files analysed",
    "truncated": "files analysed that ended before their header said",
    "bad": "files given up",
    "retried": "tries that failed and are repeated",
    "gone": "files that vanished or changed before they were analysed",
    "dropped": "files deleted unanalysed to make room",
    "audio_seconds": "seconds of sound analysed",
    "work_seconds": "seconds of work",
    "overflows": "times that the system dropped events",
    "scans": "looks through the folder",
}
_GAUGES = {
    "started": "start of the service, seconds since 1970",
    "last_result": "last result, seconds since 1970",
    "backlog": "files that wait",
    "disk_used": "share of the disk in use",
}


_HIGHEST_PORT = 65535


class _Collector:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name, text in _COUNTERS.items():
            value = getattr(self._counts, name)
            yield CounterMetricFamily(f"audioml_edge_{name}", text, value=value)
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"audioml_edge_{name}", text, value=getattr(self._counts, name))
        degraded = float(bool(self._counts.trouble))
        yield GaugeMetricFamily("audioml_edge_degraded", "1 while it cannot work", value=degraded)


def _registry(counts: Counts) -> Any:
    try:
        from prometheus_client import CollectorRegistry
    except ImportError as error:
        raise MissingDependencyError(
            "metrics need prometheus-client; run: pip install audioml-edge[metrics]"
        ) from error
    registry = CollectorRegistry()
    registry.register(_Collector(counts))
    return registry


def serve(address: str, counts: Counts) -> Callable[[], None]:
    """Serve the metrics at ``HOST:PORT`` or ``PORT``; return what ends that.

    Raises
    ------
    UsageError
        If the address is none, or taken.
    """
    registry = _registry(counts)
    from prometheus_client import start_http_server

    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise UsageError(
            f"metrics are served at HOST:PORT, such as 127.0.0.1:9109; got {address!r}"
        )
    try:
        server, thread = start_http_server(int(port), host or "127.0.0.1", registry)
    except OSError as error:
        raise UsageError(f"metrics cannot be served at {address}: {error.strerror}") from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join(1.0)

    return close


def write(path: Path, counts: Counts) -> None:
    """Write the metrics to a file; that it cannot be written is told, and no reason to stop."""
    from prometheus_client.exposition import generate_latest

    from audioml.core.files import write_bytes

    try:
        write_bytes(path, generate_latest(_registry(counts)))
    except OutputError as error:
        log.warning("%s", error)
