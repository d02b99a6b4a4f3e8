"""What `audioml.analyze` offers: its command and its formats."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_FORMATS = {
    "audacity": ("AUDACITY", "label track of Audacity"),
    "csv": ("CSV", "table with a header, one row an event"),
    "html": ("HTML", "report to look at and listen to"),
    "jams": ("JAMS", "JSON annotated music specification"),
    "json": ("JSON", "everything, as plain JSON"),
    "lab": ("LAB", "start, end and label, as MIREX has it"),
    "midi": ("MIDI", "notes, and chords as block chords"),
    "npz": ("NPZ", "all arrays, frames included"),
    "sv": ("SV", "layer of Sonic Visualiser"),
    "text": ("TEXT", "table for people"),
}


@hookimpl
def components() -> Iterator[Component]:
    """Return the command and the formats."""
    yield Component(
        "command", "analyze", "audioml.analyze.cli:app", "Chords, beats and more of recordings."
    )
    for name, (attribute, summary) in _FORMATS.items():
        module = "report" if name == "html" else f"formats.{name}"
        yield Component("format", name, f"audioml.analyze.{module}:{attribute}", summary)
