"""From a TFLite file to one in int8, where the quantiser is installed."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.files import replacing

from .network import Exportable
from .tflitefile import without_chatter, write_tflite

__all__ = ["write_int8"]

_SIGNATURE = "serving_default"


def write_int8(
    network: Exportable,
    path: Path,
    representative: Sequence[Tensor] | None,
    *,
    tflite: Path | None = None,
) -> None:
    """Write a network as TFLite whose weights and activations are int8.

    Weights have a scale for each channel, activations one for each tensor, which follows from what
    they are for representative inputs (Jacob et al. 2018). Inputs and outputs of the file, and the
    operator that writes these, stay float32: the file takes the place of any other form.

    Parameters
    ----------
    network
        What is written.
    path
        The file.
    representative
        Rows of each input, in the order of the inputs, such as windows of the training split.
    tflite
        The network as TFLite, if it is written already.

    Raises
    ------
    UsageError
        If there are no representative inputs, or the quantiser refuses the network.
    MissingDependencyError
        If the converter or the quantiser is not installed.
    """
    if not representative or not len(representative[0]):
        raise UsageError(
            "int8 needs representative inputs, such as windows of the training split; got none"
        )
    quantiser, recipe = _quantiser()
    with tempfile.TemporaryDirectory() as scratch:
        source = tflite
        if source is None or not source.is_file():
            source = Path(scratch) / "float.tflite"
            write_tflite(network, source)
        try:
            data = _quantised(quantiser, recipe, source, network.inputs, representative)
        except Exception as error:
            said = " ".join(str(error).split())[:300] or type(error).__name__
            raise UsageError(f"the network cannot be written in int8: {said}") from error
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _quantised(
    quantiser: Any, recipe: Any, source: Path, names: Sequence[str], rows: Sequence[Tensor]
) -> bytes:
    with without_chatter():
        working = quantiser.Quantizer(str(source))
        working.load_quantization_recipe([*recipe.static_wi8_ai8(), _last_in_float(source)])
        ranges: dict[str, dict[str, Any]] = {}
        for at in range(len(rows[0])):
            feed = {name: row[at : at + 1].numpy() for name, row in zip(names, rows, strict=True)}
            _widen(ranges, working.calibrate({_SIGNATURE: [feed]}))
        return bytes(working.quantize(ranges).quantized_model)


def _last_in_float(source: Path) -> dict[str, str]:
    """Return the rule that what writes the outputs computes in float32.

    All numbers of an output would share one scale else: hertz and shares of one would be told in
    the same 255 steps.
    """
    interpreter = importlib.import_module("ai_edge_litert.interpreter").Interpreter(str(source))
    names = [re.escape(each["name"]) for each in interpreter.get_output_details()]
    return {"regex": "|".join(names), "operation": "*", "algorithm_key": "no_quantize"}


def _widen(ranges: dict[str, dict[str, Any]], more: Mapping[str, Mapping[str, Any]]) -> None:
    """Let ranges of tensors hold those of another input.

    The quantiser's own way with several inputs is a moving average of their ranges (0.10): what a
    single row's output is, is a range of no width, so that most of the others are cut off.
    """
    for name, found in more.items():
        known = ranges.setdefault(name, dict(found))
        if known.get("min") is not None and found.get("min") is not None:
            known["min"] = np.minimum(known["min"], found["min"])
            known["max"] = np.maximum(known["max"], found["max"])


def _quantiser() -> tuple[Any, Any]:
    try:
        return (
            importlib.import_module("ai_edge_quantizer.quantizer"),
            importlib.import_module("ai_edge_quantizer.recipe"),
        )
    except ImportError as error:
        raise MissingDependencyError(
            "no quantiser of TFLite is installed; run, in an environment whose torch it takes: "
            "pip install litert-torch ai-edge-quantizer"
        ) from error
