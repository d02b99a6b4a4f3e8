"""From a trained network to a model folder: ONNX, weights to begin with, card, manifest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from audioml.core.files import replacing
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.options import Option
from audioml.train.export import Card, write_folder

from ..decoding import Thresholds
from ..networks.harmonic import Probabilities
from ..spectrum import RATE
from .families import Family

__all__ = ["WEIGHTS", "write"]

_STEM = "notes"

WEIGHTS = "weights.npz"
"""The file of the network's weights, which `task.weights` begins with."""


def write(
    network: nn.Module,
    family: Family,
    folder: Path,
    *,
    name: str,
    version: str,
    thresholds: Thresholds,
    figures: Mapping[str, float],
    card: Card | str = "",
) -> Manifest:
    """Write the model folder of a network, and return its manifest.

    Parameters
    ----------
    network, family
        In evaluation mode, and what goes with it.
    folder
        To be written; it appears when all is well.
    name, version, card
        What it is called, and what is told of it.
    thresholds, figures
        Of the decoder, and what was measured with them.

    Raises
    ------
    IntegrityError
        If ONNX answers otherwise than the network.
    """
    written = write_folder(
        Probabilities(network),
        {family.tensor: _example(family)},
        folder,
        _manifest(family, name, version, thresholds, figures),
        outputs=Probabilities.names,
        moving={family.tensor: family.moving},
        card=card,
        stem=_STEM,
    )
    _write_weights(network, folder / WEIGHTS)
    return write_manifest(folder, written)


def _manifest(
    family: Family,
    name: str,
    version: str,
    thresholds: Thresholds,
    figures: Mapping[str, float],
) -> Manifest:
    chosen = asdict(thresholds)
    threshold = Option(
        "decoder", thresholds.onset, "onset", minimum=0.01, maximum=0.99,
        description="probability from which an onset is a note: lower finds more",
    )  # fmt: skip
    return Manifest(
        name=name,
        version=version,
        task="notes",
        license="Apache-2.0",
        description="piano notes with velocities, and the sustain pedal",
        rate=RATE,
        channels=1,
        extractor=family.extractor,
        decoder=Part("piano-notes", {**family.joining, **chosen}),
        runtimes=(Runtime("onnx", f"{_STEM}.onnx"),),
        options={"threshold": threshold},
        streaming=False,
        batching="rows",
        answers=("note_midi", "pedal"),
        metrics={name: round(value, 4) for name, value in figures.items()},
    )


def _example(family: Family) -> torch.Tensor:
    count = math.prod(family.row)
    return torch.linspace(-1, 1, count).sin().reshape(1, *family.row)


def _write_weights(network: nn.Module, path: Path) -> None:
    arrays = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
