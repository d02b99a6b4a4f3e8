"""From a checkpoint to a model folder that every command runs."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.train.export import Card, write_folder
from audioml.train.module import read, weights

from .network import LABELS, Whistle

__all__ = ["export"]


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint."""
    settings = read(checkpoint)["audioml"]["config"]["task"]
    rate, window = settings["rate"], settings["window"]
    network = Whistle()
    network.load_state_dict(weights(checkpoint))
    manifest = Manifest(
        name="kettle",
        version="0.1.0",
        task="classification",
        license="Apache-2.0",
        description="whether a kettle whistles",
        rate=rate,
        extractor=Part("pcm", {"rate": rate, "window": window, "hop": window}),
        decoder=Part("windows", {"hop": window, "labels": list(LABELS)}),
        runtimes=(Runtime("onnx", "model.onnx"),),
        batching="rows",
        answers=("scores",),
    )
    example = {"samples": 0.1 * torch.randn(2, round(window * rate))}
    complete = nn.Sequential(network, nn.Softmax(-1)).eval()
    card = Card(use="An example. It has heard no kettle, only noise and sines from 2 to 3.5 kHz.")
    write_folder(complete, example, folder, manifest, card=card)
