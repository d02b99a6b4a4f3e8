"""From a checkpoint to a model folder that every command runs."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from torch import nn

from audioml.core.errors import AudiomlError
from audioml.train.export import write_folder
from audioml.train.module import read, weights

from ..decoding import Thresholds
from ..export import manifest
from ..networks.harmonic import Probabilities
from ..scoring import mean_scores
from ..synth.dataset import Row
from .answering import heads_of, logits_of
from .card import card
from .data import Pieces
from .families import Family, family_of, network_of
from .module import Measured
from .start import checked_task
from .tuning import Answered, scores_of, tuned

__all__ = ["export"]

_log = logging.getLogger("audioml.transcription")
_VERSION = "0.1.0"


def export(checkpoint: Path, folder: Path, measured: Measured | None = None) -> None:
    """Write the model folder of a checkpoint.

    Parameters
    ----------
    checkpoint
        Of a run of this task.
    folder
        To be written.
    measured
        Thresholds and figures, where they are known. Else the thresholds are chosen on the
        recordings that the run was validated on, or are its own if these are not there any more.

    Raises
    ------
    UsageError
        If the checkpoint is of another task.
    """
    state = read(checkpoint)
    config = checked_task(state, checkpoint)
    family, network = family_of(config["model"]), network_of(config["model"]).eval()
    network.load_state_dict(weights(checkpoint))
    found = measured or _measured(network, family, config)
    described = manifest(
        name=f"piano-notes-{family.name}",
        version=_VERSION,
        thresholds=found.thresholds,
        metrics={name: round(value, 4) for name, value in found.figures.items()},
        extractor=family.extractor,
        joining=family.joining,
    )
    parameters = sum(each.numel() for each in network.parameters())
    write_folder(
        Probabilities(network),
        {family.tensor: _example(family)},
        folder,
        described,
        outputs=Probabilities.names,
        moving={family.tensor: family.moving},
        card=card(config, parameters=parameters, steps=int(state["global_step"])),
        stem="notes",
    )


def _example(family: Family) -> torch.Tensor:
    count = math.prod(family.row)
    return torch.linspace(-1, 1, count).sin().reshape(1, *family.row)


def _measured(network: nn.Module, family: Family, config: Mapping[str, Any]) -> Measured:
    first = Thresholds(**config["task"]["thresholds"])
    try:
        rows = Pieces(OmegaConf.create(dict(config))).rows("valid")
    except AudiomlError as error:
        _log.warning("the thresholds are those of the run's settings, for %s", error)
        rows = []
    answered = [_answered(network, family, row) for row in rows]
    if not answered:
        return Measured("", first, {})
    chosen = tuned(answered, first)
    scores = mean_scores(scores_of(each, chosen) for each in answered)
    return Measured("", chosen, {f"val/{name}": value for name, value in scores.items()})


def _answered(network: nn.Module, family: Family, row: Row) -> Answered:
    samples = row.samples.astype(np.float32) / np.float32(32768)
    heads = heads_of(logits_of(network, family, samples), family)
    return Answered(heads, row.notes, row.pedal, row.family)
