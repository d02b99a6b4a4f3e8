"""From a network to TFLite, where a converter is installed."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import replacing

from .network import Exportable

__all__ = ["without_chatter", "write_tflite"]

_CONVERTERS = ("litert_torch", "ai_edge_torch")  # the newer name first


class _Named(nn.Module):
    """Takes and returns tensors by name, which become the names in the file."""

    def __init__(self, made: Exportable) -> None:
        super().__init__()
        self.network, self.inputs, self.outputs = made.network, made.inputs, made.outputs

    def forward(self, **tensors: Tensor) -> dict[str, Tensor]:
        given = self.network(*(tensors[name] for name in self.inputs))
        return dict(zip(self.outputs, given, strict=True))


def write_tflite(network: Exportable, path: Path) -> None:
    """Write a network as TFLite: one row at a time, other lengths those of the example.

    Raises
    ------
    MissingDependencyError
        If no converter is installed.
    UsageError
        If the converter refuses the network.
    """
    with without_chatter():
        converter = _converter()
    row = {
        name: tensor[:1] if 0 in network.moving.get(name, {}) else tensor
        for name, tensor in zip(network.inputs, network.example, strict=True)
    }
    try:
        with without_chatter():
            made = converter.convert(_Named(network).eval(), sample_kwargs=row)
        with replacing(path) as temporary, without_chatter():
            made.export(str(temporary))
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise UsageError(f"the network cannot be written as TFLite: {said}") from error


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Keep what converters tell of their own work off the screen."""
    with (
        warnings.catch_warnings(action="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield


def _converter() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # what is written in C++ has its own screen
    for name in _CONVERTERS:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise MissingDependencyError(
        "no converter to TFLite is installed; run, in an environment whose torch it takes: "
        "pip install litert-torch"
    )
