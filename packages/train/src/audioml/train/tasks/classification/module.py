"""What learns classes, and what is measured of it while it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MultilabelAUROC,
    MultilabelAveragePrecision,
    MultilabelConfusionMatrix,
    MultilabelPrecisionRecallCurve,
)

from audioml.train.features import SpectralModule

from ..figures import keep
from .plots import draw_confusion, draw_f1
from .thresholds import ENDS, GRID, f1_of, tuned

__all__ = ["Classifier"]


class Classifier(SpectralModule):
    """Classes of windows: one each by cross entropy, or several by binary cross entropies.

    Parameters
    ----------
    network
        Gives a logit for each class.
    labels
        The classes.
    several
        Whether a window may have several. Then the validation split also sets a threshold for
        each class, ``offsets`` in logits, at which its F1 is greatest; ``test/f1`` is measured at
        these.
    weights
        Of the classes, see `class_weights`.
    smoothing
        Share of the target that is spread over all classes (Szegedy et al. 2016).
    more
        As `SpectralModule` takes it.
    """

    offsets: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        labels: Sequence[str],
        several: bool,
        weights: Tensor | None = None,
        smoothing: float = 0.0,
        **more: Any,
    ) -> None:
        count = len(labels)
        loss: nn.Module = (
            nn.BCEWithLogitsLoss(pos_weight=weights)
            if several
            else nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)
        )
        metrics = _several(count) if several else _single(count)
        super().__init__(network, loss=loss, metrics=metrics, **more)
        self.labels, self.several = tuple(labels), several
        self.register_buffer("offsets", torch.zeros(count))
        confusion = MultilabelConfusionMatrix if several else MulticlassConfusionMatrix
        self.confusion: Metric = confusion(count)
        self.curve = MultilabelPrecisionRecallCurve(count, thresholds=GRID) if several else None

    def training_step(self, batch: Mapping[str, Any], batch_idx: int) -> Tensor:
        """Return the loss of a batch, augmented; labels are scores, which can be mixed."""
        labels = batch["labels"]
        if not self.several:
            labels = nn.functional.one_hot(labels, len(self.labels)).float()
        return super().training_step({**batch, "labels": labels}, batch_idx)

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and scores and targets."""
        spectra, labels = self.spectra(batch, stage)
        logits = self.answered(spectra)
        loss: Tensor = self.loss(logits, labels)
        logits = logits.detach().float()
        if not self.several:
            target = labels.argmax(-1) if labels.is_floating_point() else labels
            self._seen(stage, logits.argmax(-1), target)
            return loss, {"preds": logits.softmax(-1), "target": target}
        target = (labels > 0.5).long()
        if stage == "val" and self.curve is not None:
            self.curve.update(logits.sigmoid(), target)
        self._seen(stage, (logits >= self.offsets).long(), target)
        return loss, {"preds": logits.sigmoid(), "target": target}

    def on_validation_epoch_end(self) -> None:
        """Log the figures, and set the thresholds."""
        super().on_validation_epoch_end()
        if self.curve is not None and self.curve.update_count:
            self.offsets, f1 = tuned(*self.curve.compute())
            self.curve.reset()
            self.log("val/f1", f1)

    def on_test_epoch_end(self) -> None:
        """Log the figures, and keep them for plots and export."""
        counted = self.confusion.compute() if self.confusion.update_count else None
        super().on_test_epoch_end()
        if counted is None:
            return
        self.confusion.reset()
        if self.several:
            self.log("test/f1", f1_of(counted).mean())
        found = {n: float(v) for n, v in self.trainer.callback_metrics.items()}
        figures = {n.removeprefix("test/"): v for n, v in found.items() if n.startswith("test/")}
        told = {"figures": figures, "labels": self.labels, "confusion": counted.tolist()}
        keep(self.trainer, told, self._plots(counted.cpu()))

    def _seen(self, stage: str, chosen: Tensor, target: Tensor) -> None:
        if stage == "test":
            self.confusion.update(chosen, target)

    def _plots(self, counted: Tensor) -> dict[str, Any]:
        if self.several:
            return {"f1": draw_f1(f1_of(counted).tolist(), self.labels)}
        return {"confusion": draw_confusion(counted.tolist(), self.labels)}


def _single(count: int) -> dict[str, Metric]:
    return {
        "accuracy": MulticlassAccuracy(count, average="micro"),
        "f1": MulticlassF1Score(count, average="macro"),
        "auroc": MulticlassAUROC(count, thresholds=ENDS),
    }


def _several(count: int) -> dict[str, Metric]:
    return {
        "auroc": MultilabelAUROC(count, thresholds=ENDS),
        "map": MultilabelAveragePrecision(count, thresholds=ENDS),
    }
