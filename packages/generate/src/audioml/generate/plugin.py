"""What `audioml.generate` offers: its command, and collections of recordings."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_COLLECTIONS = {
    "fma": ("FMA", "the FMA data set of the Free Music Archive"),
    "folder": ("FOLDER", "recordings in a folder of this machine"),
    "urls": ("URLS", "recordings that a table names by their URLs, or in a zip"),
}


@hookimpl
def components() -> Iterator[Component]:
    """Return the command and the collections."""
    yield Component(
        "command", "generate", "audioml.generate.cli:app", "Acquire recordings, and make songs."
    )
    for name, (attribute, summary) in _COLLECTIONS.items():
        target = f"audioml.generate.acquire.sources.{name}:{attribute}"
        yield Component("collection", name, target, summary)
