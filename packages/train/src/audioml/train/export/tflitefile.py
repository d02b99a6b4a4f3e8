"""From a network to TFLite, where a converter is installed."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import replacing

from .network import Exportable

__all__ = ["write_tflite"]

_CONVERTERS = ("litert_torch", "ai_edge_torch")  # the newer name first


def write_tflite(network: Exportable, path: Path) -> None:
    """Write a network as TFLite, its lengths those of the example.

    Raises
    ------
    MissingDependencyError
        If no converter is installed.
    UsageError
        If the converter refuses the network.
    """
    converter = _converter()
    try:
        made = converter.convert(network.network, network.example)
        with replacing(path) as temporary:
            made.export(str(temporary))
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise UsageError(f"the network cannot be written as TFLite: {said}") from error


def _converter() -> Any:
    for name in _CONVERTERS:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise MissingDependencyError(
        "no converter to TFLite is installed; run, in an environment whose torch it takes: "
        "pip install litert-torch"
    )
