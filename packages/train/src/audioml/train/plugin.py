"""What `audioml.train` offers: its command."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Return the command."""
    yield Component(
        "command", "train", "audioml.train.cli:app", "Train models, from recordings to a folder."
    )
