"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_TARGET = "audioml_tensorflow.backend:TensorflowBackend"


@hookimpl
def components() -> Iterator[Component]:
    """Yield the backend, and again by the suffix of the files that it runs."""
    yield Component(
        "backend", "tensorflow", _TARGET, "TensorFlow models: SavedModel folders and .keras files"
    )
    yield Component("backend", "keras", _TARGET, "Keras models, as files of their own")
