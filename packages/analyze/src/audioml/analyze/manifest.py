"""The manifest of estimators that ``audioml analyze --list`` prints."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from audioml.core.cli.output import table

from .estimators import Listing, listings

__all__ = ["listing"]


def listing() -> str:
    """Return every estimator with its version, licence, state, answers and figures."""
    found = listings()
    if not found:
        return "no estimator is installed: pip install audioml-crema"
    rows = [[x.name, x.model, x.version, x.license, x.state, x.answers] for x in found]
    heads = ["name", "model", "version", "licence", "state", "answers"]
    return "\n".join([table(heads, rows), *(line for x in found for line in _figures(x))])


def _figures(listing: Listing) -> Iterator[str]:
    if listing.metrics:
        yield f"\n{listing.model}, as its authors measured it:"
        text = ", ".join(f"{name} {value:g}" for name, value in listing.metrics.items())
        yield textwrap.fill(text, 78, initial_indent="  ", subsequent_indent="  ")
