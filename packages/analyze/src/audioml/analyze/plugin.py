"""What `audioml.analyze` offers: its command and its report."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Return the command and the report."""
    yield Component(
        "command", "analyze", "audioml.analyze.cli:app", "Chords, beats and more of recordings."
    )
    yield Component(
        "format", "html", "audioml.analyze.report:HTML", "report to look at and listen to"
    )
