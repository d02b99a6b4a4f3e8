"""The model folder of a network that answers with vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.train.export import Card, write_folder
from audioml.train.features import LogMel

__all__ = ["write_vectors"]

_OUTPUT = "embedding"


def write_vectors(
    network: nn.Module,
    features: LogMel,
    task: Mapping[str, Any],
    folder: Path,
    *,
    figures: Mapping[str, float],
    card: Card,
) -> Manifest:
    """Write the model folder of a network that gives a vector for each spectrogram.

    What does not fill a window at the end of a recording has no vector, which silence would spoil.

    Parameters
    ----------
    network
        Takes spectrograms, shape (batch, n_mels, frames), and gives vectors, shape (batch, size).
    features
        What the spectrograms are made by.
    task
        ``task`` of the configuration: ``hop``, ``forms``, and ``model`` for what the folder says.
    figures
        That were measured.
    """
    noise = torch.randn(2, features.samples, generator=torch.Generator().manual_seed(0))
    told, hop = task["model"], float(task["hop"])
    manifest = Manifest(
        name=str(told["name"]),
        version=str(told["version"]),
        license=str(told["license"]),
        description=str(told["description"] or ""),
        task=str(task["name"]),
        rate=int(task["rate"]),
        extractor=Part("logmel", {**features.part().params, "pad": "short"}),
        decoder=Part("windows", {"hop": hop}),
        runtimes=(Runtime("onnx", "model.onnx"),),  # those that are written stand here later
        streaming=True,
        batching="rows",
        answers=(_OUTPUT,),
        metrics=dict(figures),
    )
    return write_folder(
        network.eval(),
        {features.made.tensor: features(0.1 * noise)},
        folder,
        manifest,
        forms=list(task["forms"]),
        outputs=[_OUTPUT],
        card=card,
    )
