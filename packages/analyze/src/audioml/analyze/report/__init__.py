"""A report of one recording: one page of HTML to look at, listen to and print."""

from __future__ import annotations

from audioml.core.analysis import Analysis
from audioml.core.formats import Format

from .page import html

__all__ = ["HTML", "encode", "html"]


def encode(analysis: Analysis) -> bytes:
    """Return the report of an analysis, with its sound where the recording is a file."""
    return html(analysis, analysis.recording.path)


HTML = Format(".html", encode, "text/html")
