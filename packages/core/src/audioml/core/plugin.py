"""The core's own commands and components, offered through the hook that every plugin uses."""

from __future__ import annotations

from collections.abc import Iterator

from .plugins import Component, hookimpl

__all__ = ["components"]


_FORMATS = {
    "audacity": ("AUDACITY", "label track of Audacity"),
    "csv": ("CSV", "table with a header, one row an event"),
    "jams": ("JAMS", "JSON annotated music specification"),
    "json": ("JSON", "everything, as plain JSON"),
    "lab": ("LAB", "start, end and label, as MIREX has it"),
    "midi": ("MIDI", "notes, and chords as block chords"),
    "npy": ("NPY", "the one array of a model that answers with frames"),
    "npz": ("NPZ", "all arrays, frames included"),
    "sv": ("SV", "layer of Sonic Visualiser"),
    "text": ("TEXT", "table for people"),
}
_ENGINES = {  # what they need they say themselves: nobody is to be told to install half a gigabyte
    "local": ("engine:Local", "processes of this machine"),
    "spark": ("spark:Spark", "Apache Spark, here or on a cluster; with audioml-core[spark]"),
    "ray": ("ray:Ray", "Ray, here or on a cluster; with audioml-core[ray]"),
}


@hookimpl
def components() -> Iterator[Component]:
    """Return what the core offers."""
    yield Component(
        "command", "models", "audioml.core.cli.models:app", "List, pull, check and move models."
    )
    yield Component(
        "command",
        "plugins",
        "audioml.core.cli.plugins:app",
        "Show the plugins and what they offer.",
    )
    yield Component(
        "command", "doctor", "audioml.core.cli.doctor:app", "Find out what is missing here."
    )
    yield Component(
        "extractor", "logmel", "audioml.core.features:LogMel", "log-mel spectrogram windows"
    )
    yield Component("extractor", "pcm", "audioml.core.features:PCM", "windows of samples")
    yield Component(
        "decoder",
        "windows",
        "audioml.core.decoders:Windows",
        "numbers for each window",
    )
    yield Component(
        "backend", "chain", "audioml.core.chain:ChainBackend", "several models one after the other"
    )
    for name, (place, summary) in _ENGINES.items():
        yield Component("engine", name, f"audioml.core.executor.{place}", summary)
    for name, (attribute, summary) in _FORMATS.items():
        yield Component("format", name, f"audioml.core.formats.{name}:{attribute}", summary)
