"""The loop's body: losses, decoded chords, the learning rate, and what the test leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from hydra.utils import instantiate
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from audioml.core.errors import UsageError
from audioml.core.values import Prediction
from audioml.train.module import AudioModule

from ..decoder import ChordDecoder
from .loss import chord_loss
from .network import ChordNetwork, probabilities
from .report import Report
from .scoring import FrameAccuracy, Recall
from .start import begin_with

__all__ = ["ChordModule", "module", "plateau"]


class ChordModule(AudioModule):
    """Trains a `ChordNetwork`; validates and tests on the chords of whole recordings.

    Parameters
    ----------
    network
        What learns.
    tag_decay
        Of the bias of the tags: so many times the sum of its squares is added to the loss.
    monitor
        The figure that a schedule of plateaus looks at.
    options
        Of `audioml.train.module.AudioModule`.
    """

    stay: Tensor

    def __init__(
        self,
        network: ChordNetwork,
        *,
        tag_decay: float = 0.01,
        monitor: str = "val/loss",
        **options: Any,
    ) -> None:
        metrics = {"frames": FrameAccuracy(), "chords": Recall()}
        super().__init__(network, loss=chord_loss, metrics=metrics, **options)
        self.register_buffer("stay", torch.tensor(1.0))
        self._report, self._tag_decay, self._monitor = Report(), tag_decay, monitor

    def setup(self, stage: str) -> None:
        """Learn from the training split how long chords last."""
        if stage == "fit":
            data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
            self.stay.fill_(data.stay)

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and what was found in it."""
        scores = self(batch["audio"])
        loss = self.loss(scores, batch["labels"])
        if stage == "train":
            bias: Any = self.network.tag.bias  # type: ignore[union-attr]
            return loss + self._tag_decay * bias.square().sum(), {}
        reference = batch["reference"]
        found = self._decoded(scores, reference["seconds"])
        if stage == "test":
            self._report.add(reference, found)
        known = {"scores": scores, "labels": batch["labels"]}
        return loss, {**known, "reference": reference, "chords": found["chord"]}

    def on_test_epoch_end(self) -> None:
        """Log the figures, and leave them and the plots in the run's folder."""
        super().on_test_epoch_end()
        self._report.write(self.trainer)

    def configure_optimizers(self) -> Any:
        """Return the optimiser; a schedule of plateaus goes by epochs, and by a figure."""
        found = super().configure_optimizers()
        if isinstance(found, Mapping):
            about = found["lr_scheduler"]
            if isinstance(about["scheduler"], ReduceLROnPlateau):
                about |= {"interval": "epoch", "monitor": self._monitor}
        return found

    def _decoded(self, scores: Mapping[str, Tensor], end: float) -> Prediction:
        """Return the chords of a recording, as the exported model will find them."""
        heads = probabilities(scores)
        outputs = {name: head.float().cpu().numpy() for name, head in heads.items()}
        return ChordDecoder(stay=float(self.stay))(outputs, starts=np.zeros(1), end=end)


def plateau(
    optimizer: Optimizer, *, steps: int, patience: int = 10, factor: float = 0.1, mode: str = "max"
) -> ReduceLROnPlateau:
    """Return a schedule that lowers the rate when a figure has stood still, as Keras has it.

    Parameters
    ----------
    steps
        Of the whole run, which do not matter here.
    patience
        Epochs without improvement.
    factor
        What the rate is multiplied with then.
    mode
        ``max`` or ``min``: what an improvement is.
    """
    kind: Any = mode
    return ReduceLROnPlateau(
        optimizer, mode=kind, patience=patience, factor=factor, threshold=1e-4, threshold_mode="abs"
    )


def module(cfg: Any) -> ChordModule:
    """Return the module to train.

    Raises
    ------
    UsageError
        If an augmentation is asked for.
    NotFoundError, IntegrityError
        If there are no weights to begin with where they are said to be, or of other widths.
    """
    if cfg.augmentation:
        raise UsageError(
            "chords are learnt from spectra that are computed before, so the group 'augmentation' "
            "does not apply: leave it at none; 'data.shifts' says how far patches are transposed"
        )
    task = cfg.task
    network = ChordNetwork(filters=task.filters, units=task.units, momentum=task.momentum)
    if task.start:
        begin_with(network, task.start)
    return ChordModule(
        network,
        tag_decay=task.tag_decay,
        monitor=cfg.optimized_metric,
        **instantiate(cfg.model),
    )
