"""What `audioml.edge` offers: its command, its features, its sources and its sinks."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_SINKS = {
    "csv": ("csv:Csv", "table, one row a record", ()),
    "jsonl": ("jsonl:Jsonl", "JSON, one record a line", ()),
    "mqtt": ("mqtt:Mqtt", "MQTT broker, QoS 1", ("paho-mqtt",)),
    "npz": ("npz:Npz", "numpy arrays, one file for each input", ()),
    "sqlite": ("sqlite:Sqlite", "table of a SQLite database", ()),
    "stdout": ("stdout:Stdout", "standard output: JSON lines, or a table for people", ()),
}
_SOURCES = {
    "mic": ("mic:Microphone", "a microphone", ("sounddevice",)),
    "tcp": ("sockets:Tcp", "Wyoming streams on a TCP port", ()),
    "unix": ("sockets:Unix", "Wyoming streams on a unix socket", ()),
}


@hookimpl
def components() -> Iterator[Component]:
    """Yield the command, the features, the sources and the sinks."""
    yield Component(
        "command", "edge", "audioml.edge.cli:app", "Models where the sound is: watch, listen, run."
    )
    yield Component(
        "extractor", "sonyc-v1", "audioml.edge.sonyc:sonyc_v1", "features of the SONYC sensor nodes"
    )
    yield Component(
        "extractor",
        "pickle",
        "audioml.edge.pickled:PickledExtractor",
        "get_features(y, sr) out of a pickle that was allowed",
        needs=("dill",),
    )
    yield Component("check", "edge", "audioml.edge.testing:RULES", "rules of sinks and sources")
    for name, (target, summary, needs) in _SINKS.items():
        yield Component("sink", name, f"audioml.edge.sinks.{target}", summary, needs=needs)
    for name, (target, summary, needs) in _SOURCES.items():
        yield Component("source", name, f"audioml.edge.live.{target}", summary, needs=needs)
