"""From a checkpoint to a model folder that every command runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MultilabelF1Score

from audioml.train.export import Card
from audioml.train.features import FACTS, LogMel, settings
from audioml.train.module import read, weights
from audioml.train.networks import Headed

from ..cards import data_of, training_of
from ..exporting import Compared, Exported, forms_of
from ..figures import kept
from .building import data, is_several

__all__ = ["export"]


class _Scores(nn.Module):
    """Scores in [0, 1] of each window: shares of one, or each from 0.5 on where it is there."""

    offsets: Tensor

    def __init__(self, network: nn.Module, offsets: Tensor | None) -> None:
        super().__init__()
        self.network, self.several = network, offsets is not None
        self.register_buffer("offsets", torch.zeros(1) if offsets is None else offsets)

    def forward(self, spectra: Tensor) -> Tensor:
        logits = self.network(spectra)
        found: Tensor = (logits - self.offsets).sigmoid() if self.several else logits.softmax(-1)
        return found


def export(checkpoint: Path, folder: Path) -> None:
    """Write the model folder of a checkpoint."""
    state = read(checkpoint)
    config, facts = state["audioml"]["config"], state[FACTS]
    task, labels = config["task"], facts["labels"]
    several = is_several(task["kind"])
    features = LogMel(**settings(task))
    network = Headed.of(features.shape, len(labels), task["network"])
    network.load_state_dict(weights(checkpoint))
    offsets = state["state_dict"]["offsets"] if several else None
    made = Exported(
        network=_Scores(network, offsets),
        output="scores",
        labels=labels,
        features=features,
        task=task,
        figures=kept(checkpoint),
        tolerance=1e-4,
    )
    needed = "int8" in forms_of(task)
    made.write(
        folder,
        _card(config, facts, offsets),
        data=data(OmegaConf.create(config)) if needed else None,
        compared=_compared(len(labels), several=several, allowed=float(task["int8_loss"])),
    )


def _compared(count: int, *, several: bool, allowed: float) -> Compared:
    def metric() -> Metric:
        if several:
            return MultilabelF1Score(count, average="macro")
        return MulticlassAccuracy(count, average="micro")

    name = "f1" if several else "accuracy"
    return Compared(name=name, metric=metric, allowed=allowed, worse=lambda one, two: one - two)


def _card(config: Mapping[str, Any], facts: Mapping[str, Any], offsets: Tensor | None) -> Card:
    task, labels = config["task"], facts["labels"]
    several = offsets is not None
    answer = (
        "A score from 0 to 1 for each class; 0.5 and more says that it is there. The scores are "
        "shifted so that 0.5 is where the F1 of the class was greatest on the validation split: "
        "they are no probabilities."
        if several
        else "A score from 0 to 1 for each class; all add up to 1, and the greatest is the answer."
    )
    more = {"Answer": f"{answer} There is one answer each {task['hop']:g} s, for {_window(task)}."}
    if offsets is not None:
        shifted = torch.sigmoid(offsets).tolist()
        rows = "\n".join(f"| {n} | {s:.3f} |" for n, s in zip(labels, shifted, strict=True))
        more["Thresholds"] = f"| class | probability that 0.5 stands for |\n|---|---|\n{rows}"
    return Card(
        use=f"Says which of {len(labels)} classes is heard: {', '.join(labels)}. It answers with "
        "these for any sound, also for one that is none of them.",
        data=data_of(facts["recordings"], config["data"]),
        training=training_of(config),
        limits=("Sounds unlike those it was trained on: other microphones, rooms and levels.",),
        measured="On windows of the test split, which was not trained on:",
        more=more,
    )


def _window(task: Mapping[str, Any]) -> str:
    return f"a window of {task['window']:g} s"
