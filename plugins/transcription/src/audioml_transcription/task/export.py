"""From a checkpoint to a model folder that every command runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from torch import nn

from audioml.core.errors import AudiomlError
from audioml.train.module import read, weights

from ..decoding import Thresholds
from ..scoring import mean_scores
from ..synth.dataset import Row
from .answering import heads_of, logits_of
from .card import card
from .data import Pieces
from .families import Family, family_of, network_of
from .folder import write
from .module import Measured
from .start import checked_task
from .tuning import Answered, scores_of, tuned

__all__ = ["export"]

_log = logging.getLogger("audioml.transcription")


def export(
    checkpoint: Path,
    folder: Path,
    measured: Measured | None = None,
    *,
    now: Mapping[str, Any] | None = None,
) -> None:
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
    now
        The configuration of the run that exports, where it may be another than that of the
        checkpoint: the model is called as it says, and what was measured is told of its data.

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
    called = (now or config)["task"].get("model") or {}
    if now is not None and measured is not None:
        tested = {stage: now["data"][stage] for stage in ("valid", "test")}
        config = {**config, "data": {**config["data"], **tested}}
    write(
        network,
        family,
        folder,
        name=called.get("name") or f"piano-notes-{family.name}",
        version=str(called.get("version") or "0.1.0"),
        thresholds=found.thresholds,
        figures=found.figures,
        card=card(
            config,
            parameters=sum(each.numel() for each in network.parameters()),
            steps=int(state["global_step"]),
        ),
    )


def _measured(network: nn.Module, family: Family, config: Mapping[str, Any]) -> Measured:
    first = Thresholds(**config["task"]["thresholds"])
    try:
        rows = Pieces(OmegaConf.create(dict(config))).rows("valid")
    except AudiomlError as error:
        _log.warning("the thresholds are those of the run's settings, for %s", error)
        rows = []
    found = [_answered(network, family, row) for row in rows]
    if not found:
        return Measured("", first, {})
    chosen = tuned(found, first)
    scores = mean_scores(scores_of(each, chosen) for each in found)
    return Measured("", chosen, {f"val/{name}": value for name, value in scores.items()})


def _answered(network: nn.Module, family: Family, row: Row) -> Answered:
    samples = row.samples.astype(np.float32) / np.float32(32768)
    heads = heads_of(logits_of(network, family, samples), family)
    return Answered(heads, row.notes, row.pedal, row.family)
