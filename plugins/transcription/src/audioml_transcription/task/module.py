"""What is trained: a network on segments, validated and tested on whole recordings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback
from torch import Tensor, nn
from torchmetrics import Metric

from audioml.train.module import AudioModule

from ..decoding import Thresholds
from ..notes import Notes, Pedal
from ..targets import NEAR, targets
from .answering import heads_of, logits_of
from .data import Pieces, Recordings
from .families import Family
from .loss import Loss
from .tuning import NAMES, Answered, scores_of, tuned

__all__ = ["Measured", "Transcriber"]

_log = logging.getLogger("audioml.transcription")


class _Score(Metric):
    """The mean of one score over recordings."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self, name: str) -> None:
        super().__init__()
        self._which = name
        self.add_state("total", torch.zeros((), dtype=torch.float32), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float32), dist_reduce_fx="sum")

    def update(self, scores: Mapping[str, float]) -> None:
        """Take in the scores of a recording."""
        self.total += scores[self._which]
        self.count += 1

    def compute(self) -> Tensor:
        """Return the mean."""
        return self.total / self.count


@dataclass(frozen=True, slots=True)
class Measured:
    """The thresholds that were chosen for a checkpoint, and the figures of the test with them."""

    checkpoint: str
    thresholds: Thresholds
    figures: Mapping[str, float]


class Transcriber(AudioModule):
    """Trains a network to write down what a piano plays.

    Validation uses fixed thresholds; before a test they are chosen on the recordings that are
    validated on.

    Parameters
    ----------
    network
        Of the family.
    family
        What goes with it.
    loss
        Takes the network's two answers, notes, mask and pedal.
    thresholds
        Of validation.
    compiled
        Whether steps are compiled.
    pictures
        Callbacks that draw what was heard in the test.
    others
        See `AudioModule`.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        family: Family,
        loss: Loss,
        thresholds: Thresholds,
        compiled: bool = False,
        pictures: Sequence[Callback] = (),
        **others: Any,
    ) -> None:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        metrics = {name: _Score(name) for name in NAMES}
        super().__init__(network, loss=partial(_total, loss), metrics=metrics, **others)
        self.front, self.family = family.front(), family
        self.thresholds = self._first = thresholds
        self.measured: Measured | None = None
        self.heard: tuple[Mapping[str, Any], Answered] | None = None
        """The first recording of the test and the answer to it, for pictures."""
        self._pictures = list(pictures)
        self._apart: dict[tuple[str, str], _Score] = {}
        self._answer: Callable[[Tensor], tuple[Tensor, Tensor]] = (
            torch.compile(network.forward) if compiled else network.forward
        )

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch; of a recording that is not trained on its scores too."""
        if stage == "train":
            return self._learnt(batch["audio"], batch["labels"]), {}
        answered, loss = self._heard(batch)
        scores = scores_of(answered, self.thresholds)
        if stage == "test":
            self.heard = self.heard or (batch, answered)
            for name in NAMES if (answered.family, NAMES[0]) in self._apart else ():
                self._apart[answered.family, name].update(scores)
        return loss, {"scores": scores}

    def on_validation_start(self) -> None:
        """Validate with the thresholds of the settings."""
        self.thresholds = self._first

    def on_test_start(self) -> None:
        """Choose the thresholds on the recordings that are validated on."""
        data: Pieces = self.trainer.datamodule  # type: ignore[attr-defined]
        held, families = Recordings(data.rows("valid")), {row.family for row in data.rows("test")}
        found = [self._heard(held[at])[0] for at in range(len(held))]
        self.thresholds = tuned(found, self._first) if found else self._first
        _log.info("%s, chosen on %d recordings", self.thresholds, len(found))
        apart = sorted(families) if len(families) > 1 else []
        self._apart = {(f, n): _Score(n).to(self.device) for f in apart for n in NAMES}

    def on_test_epoch_end(self) -> None:
        """Log the figures of the test, and those of each family of recordings."""
        super().on_test_epoch_end()
        figures = {f"test/{family}/{n}": s.compute() for (family, n), s in self._apart.items()}
        self.log_dict(figures, prog_bar=False)

    def on_test_end(self) -> None:
        """Keep the figures for the model folder."""
        figures = self.trainer.callback_metrics
        self.measured = Measured(
            str(self.trainer.ckpt_path),
            self.thresholds,
            {name: float(v) for name, v in figures.items() if name.startswith("test/")},
        )

    def configure_callbacks(self) -> list[Callback]:
        """Return what keeps the average, and what draws."""
        return [*super().configure_callbacks(), *self._pictures]

    def _learnt(self, audio: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        with torch.no_grad(), torch.autocast(audio.device.type, enabled=False):
            features = self.front(audio.float())
            if features.ndim == 4:
                features = features.contiguous(memory_format=torch.channels_last)
        answers = self._answer(features)
        return self.loss(answers, *_middle(labels, answers[0].shape[2]))

    def _heard(self, recording: Mapping[str, Any]) -> tuple[Answered, Tensor]:
        """Return the answer to a whole recording, and its loss."""
        samples = recording["audio"][0].cpu().numpy().astype(np.float32) / np.float32(32768)
        logits = logits_of(self.evaluated, self.family, samples)
        notes, pedal = Notes.of(recording["notes"]), Pedal(recording["pedal"])
        known = targets(notes, pedal, frames=logits[0].shape[2], fps=self.family.fps)
        arrays = known.notes, known.mask, np.ascontiguousarray(known.pedal.T)
        loss = self.loss(logits, *(torch.from_numpy(array)[None] for array in arrays))
        heads = heads_of(logits, self.family)
        return Answered(heads, notes, pedal, recording["family"]), loss.to(self.device)


def _total(loss: Loss, *given: Any) -> Tensor:
    return loss(*given)["loss"]


def _middle(labels: Mapping[str, Tensor], frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return notes, mask and pedal, as the loss takes them, of the frames in the middle."""
    first = (labels["onset"].shape[1] - frames) // 2
    cut = {name: value[:, first : first + frames] for name, value in labels.items()}
    struck = (cut["onset"] > NEAR).to(cut["onset"].dtype)
    rolls = [cut[name] for name in ("onset", "offset", "frame", "velocity")]
    return torch.stack([*rolls, struck], 1), 1 - cut["mask"], cut["pedal"].transpose(1, 2)
