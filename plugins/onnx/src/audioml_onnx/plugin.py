"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the backend; its name is the suffix of the files that it runs."""
    yield Component(
        "backend",
        "onnx",
        "audioml_onnx.backend:OnnxBackend",
        "ONNX models, run by onnxruntime on the CPU or on an accelerator",
    )
