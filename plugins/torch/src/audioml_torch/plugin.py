"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_TARGET = "audioml_torch.backend:TorchBackend"


@hookimpl
def components() -> Iterator[Component]:
    """Yield the backend, and again by the suffixes of the files that it runs."""
    yield Component(
        "backend", "torch", _TARGET, "PyTorch models: torch.export programs and TorchScript"
    )
    yield Component("backend", "pt2", _TARGET, "torch.export programs, as files of their own")
    yield Component("backend", "pt", _TARGET, "TorchScript, as files of their own")
