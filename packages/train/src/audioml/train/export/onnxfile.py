"""From a network to ONNX."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

import torch

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import replacing

from .network import Exportable

__all__ = ["write_onnx"]

_OPSET = 17
Exporter = Literal["auto", "trace", "dynamo"]


def write_onnx(
    network: Exportable, path: Path, *, opset: int = _OPSET, exporter: Exporter = "auto"
) -> None:
    """Write a network as ONNX, with the axes that may have any length.

    torch has two exporters. The older one, which records a run, takes a third of a second where
    the newer takes twenty, needs no further package, and keeps the length of recurrent networks
    open, which the newer fixes to that of the example (torch 2.13). So it is tried first, and the
    newer one where it has no words for an operation.

    Parameters
    ----------
    opset
        Version of ONNX's operators; 17 is read by every onnxruntime for numpy 2.
    exporter
        ``trace`` or ``dynamo`` for one of them only.

    Raises
    ------
    UsageError
        If neither has words for what the network does.
    MissingDependencyError
        If the package onnx, or for the newer onnxscript, is not installed.
    """
    told: list[tuple[str, Exception]] = []
    for each in ("trace", "dynamo") if exporter == "auto" else (exporter,):
        try:
            with replacing(path) as temporary, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                (_traced if each == "trace" else _dynamo)(network, temporary, opset)
        except Exception as error:  # noqa: BLE001 - each exporter has errors of its own
            told.append((each, error))
        else:
            return
    missing = [e for _, e in told if isinstance(e, ModuleNotFoundError)]
    said = "; ".join(f"{name}: {_line(error)}" for name, error in told)
    if missing:
        raise MissingDependencyError(
            f"writing ONNX needs {missing[0].name}; run: pip install onnx onnxscript ({said})"
        ) from missing[0]
    raise UsageError(f"the network cannot be written as ONNX: {said}") from told[-1][1]


def _traced(network: Exportable, path: Path, opset: int) -> None:
    torch.onnx.export(
        network.network,
        network.example,
        str(path),
        input_names=list(network.inputs),
        output_names=list(network.outputs),
        dynamic_axes={name: dict(axes) for name, axes in network.moving.items()},
        opset_version=opset,
        dynamo=False,
    )


def _dynamo(network: Exportable, path: Path, opset: int) -> None:
    dynamic = torch.export.Dim.DYNAMIC
    shapes = tuple(dict.fromkeys(network.moving.get(n, {}), dynamic) for n in network.inputs)
    torch.onnx.export(
        network.network,
        network.example,
        str(path),
        input_names=list(network.inputs),
        output_names=list(network.outputs),
        dynamic_shapes=(shapes,),
        opset_version=max(opset, 18),  # older ones it writes by conversion, if at all
        external_data=False,
        dynamo=True,
        verbose=False,
    )


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
