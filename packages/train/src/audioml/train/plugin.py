"""What `audioml.train` offers: its command, and the tasks that any sound can be used for."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_TASKS = {
    "classification": ("Classification", "classes of sounds, one or several each"),
    "regression": ("Regression", "numbers of sounds"),
    "embedding": ("Embedding", "vectors in which like sounds are near each other"),
    "selfsupervised": ("SelfSupervised", "an encoder that is learnt without labels"),
}


@hookimpl
def components() -> Iterator[Component]:
    """Return the command and the tasks."""
    yield Component(
        "command", "train", "audioml.train.cli:app", "Train models, from recordings to a folder."
    )
    for name, (attribute, summary) in _TASKS.items():
        yield Component("task", name, f"audioml.train.tasks.{name}.task:{attribute}", summary)
