"""From a checkpoint to a model folder that every command runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor, nn
from torchmetrics import MeanAbsoluteError

from audioml.train.export import Card
from audioml.train.features import FACTS, LogMel, settings
from audioml.train.module import read, weights
from audioml.train.networks import Headed

from ..cards import source_of, training_of
from ..exporting import Compared, Exported, forms_of
from ..figures import kept
from .building import data

__all__ = ["export"]


class _Values(nn.Module):
    """Numbers in their own units."""

    mean: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, spectra: Tensor) -> Tensor:
        values: Tensor = self.network(spectra) * self.scale + self.mean
        return values


class _Error(MeanAbsoluteError):
    """The mean absolute error in standard deviations, so that no number outweighs the others."""

    of: Tensor

    def __init__(self, scale: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("of", torch.tensor(scale, dtype=torch.float32))

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Take in a batch."""
        super().update(preds / self.of, target / self.of)


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint."""
    state = read(checkpoint)
    config, facts = state["audioml"]["config"], state[FACTS]
    task, scale = config["task"], facts["scale"]
    features = LogMel(**settings(task))
    network = Headed.of(features.shape, len(facts["labels"]), task["network"])
    network.load_state_dict(weights(checkpoint))
    made = Exported(
        network=_Values(network, facts["mean"], scale),
        output="values",
        labels=facts["labels"],
        features=features,
        task=task,
        figures=kept(checkpoint),
        tolerance=1e-4 * max(1.0, *map(abs, facts["mean"]), *scale),
    )
    needed = "int8" in forms_of(task)
    made.write(
        folder,
        _card(config, facts),
        data=data(OmegaConf.create(config)) if needed else None,
        compared=Compared(
            name="mae_in_deviations",
            metric=lambda: _Error(scale),
            allowed=float(task["int8_loss"]),
            worse=lambda exact, coarse: coarse - exact,
        ),
    )


def _card(config: Mapping[str, Any], facts: Mapping[str, Any]) -> Card:
    task, names = config["task"], facts["labels"]
    rows = "\n".join(
        f"| {name} | {mean:.4g} | {scale:.4g} |"
        for name, mean, scale in zip(names, facts["mean"], facts["scale"], strict=True)
    )
    counts = ", ".join(f"{number} for {split}" for split, number in facts["recordings"].items())
    return Card(
        use=f"Says {', '.join(names)} of a sound. It answers with numbers for any sound, also for "
        "one that has none.",
        data=f"{source_of(config['data'])}\n\nRecordings: {counts}.\n\n"
        f"| number | mean | standard deviation |\n|---|---|---|\n{rows}",
        training=training_of(config),
        limits=("Numbers beyond those it was trained on, and sounds unlike those.",),
        measured="On windows of the test split, which was not trained on, in the numbers' units:",
        more={"Answer": f"One answer each {task['hop']:g} s, for {task['window']:g} s of sound."},
    )
