"""From a network to a file that torch runs without the code of the network."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import torch

from audioml.core.errors import UsageError
from audioml.core.files import replacing

from .network import Exportable

__all__ = ["write_torch"]

_EXTRA = "audioml.json"


def write_torch(network: Exportable, path: Path) -> Path:
    """Write a network for the backend ``torch``, and return the path, with its suffix.

    It becomes a program of ``torch.export``, ``.pt2``, if that leaves open the lengths that shall
    be open. Recurrent networks it ties to the length of the example (torch 2.13); they become
    TorchScript, ``.pt``.

    Raises
    ------
    UsageError
        If the network is neither.
    """
    answers = network.answers(network.example)
    told = {
        "inputs": network.tensors(network.inputs, network.example),
        "outputs": network.tensors(network.outputs, list(answers.values())),
    }
    extra = {_EXTRA: json.dumps(told)}
    try:
        return _program(network, path.with_suffix(".pt2"), extra)
    except Exception as first:  # noqa: BLE001 - torch.export raises of many kinds
        try:
            return _script(network, path.with_suffix(".pt"), extra)
        except Exception as error:
            raise UsageError(
                f"the network can be written neither by torch.export ({_line(first)}) nor as "
                f"TorchScript ({_line(error)})"
            ) from error


def _program(network: Exportable, path: Path, extra: dict[str, str]) -> Path:
    dynamic = torch.export.Dim.DYNAMIC
    shapes = tuple(dict.fromkeys(network.moving.get(n, {}), dynamic) for n in network.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(network.network, network.example, dynamic_shapes=(shapes,))
    with replacing(path) as temporary, temporary.open("wb") as file:
        torch.export.save(program, file, extra_files=extra)
    return path


def _script(network: Exportable, path: Path, extra: dict[str, str]) -> Path:
    with warnings.catch_warnings(), replacing(path) as temporary, torch.no_grad():
        warnings.simplefilter("ignore")
        made = torch.jit.freeze(
            torch.jit.trace(network.network, network.example)  # type: ignore[no-untyped-call]
        )
        torch.jit.save(made, str(temporary), _extra_files=extra)
    return path


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
