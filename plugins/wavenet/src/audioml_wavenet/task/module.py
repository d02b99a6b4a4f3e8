"""What is trained: a network that foretells the next sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning.pytorch import Callback
from torch import Tensor
from torch.nn import functional
from torchmetrics import Metric

from audioml.train.module import AudioModule

from ..architecture import LEVELS
from ..networks.wavenet import WaveNet
from .songs import Facts

__all__ = ["FACTS", "Bits", "Foreteller"]

FACTS = "audioml_wavenet"
"""Under which a checkpoint keeps what the card tells of the data."""


class Bits(Metric):
    """The mean of what a sample costs, in bits."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, nats: Tensor, counted: Tensor) -> None:
        """Take in the costs of samples, of which some count."""
        self.total += (nats * counted).sum().double() / math.log(2)
        self.count += counted.sum()

    def compute(self) -> Tensor:
        """Return the mean."""
        return (self.total / self.count).float()


class Foreteller(AudioModule):
    """Trains a network on what comes next, wherever its receptive field is filled.

    Parameters
    ----------
    network
        That is trained.
    jitter
        Levels, the most by which samples that are heard in training are off (standard deviation,
        drawn for each window from 0 on), while what is foretold stays as it is. A network whose
        own samples are never quite right does not drift away on them then.
    told
        Share of windows whose genre is told in training; so it can do without.
    parts
        Callbacks of the task.
    others
        See `AudioModule`.
    """

    def __init__(
        self,
        network: WaveNet,
        *,
        jitter: float,
        told: float,
        parts: Sequence[Callback] = (),
        **others: Any,
    ) -> None:
        super().__init__(network, loss=functional.cross_entropy, metrics={"bits": Bits()}, **others)
        self.jitter, self.told, self._parts = jitter, told, list(parts)
        self.field = network.architecture.receptive_field
        self.facts: Facts = []
        self.measured: dict[str, float] = {}

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the mean cost of a batch in nats, and those of all its samples."""
        tokens, genre = batch["audio"].long(), batch["genre"]
        heard, targets = tokens[:, :-1], tokens[:, self.field :]
        if stage == "train":
            heard, genre = self._blurred(heard), self._hidden(genre)
        network = self.network if self.training else self.evaluated
        logits = network(heard, genre, filled=True)
        counted = _counted(batch["valid"] - self.field, targets.shape[1])
        flat = self.loss(logits.reshape(-1, LEVELS), targets.reshape(-1), reduction="none")
        nats = flat.view(targets.shape)
        mean = (nats * counted).sum() / counted.sum().clamp(min=1)
        return mean, {"nats": nats.detach(), "counted": counted}

    def on_fit_start(self) -> None:
        """Keep what the card tells of the data."""
        self.facts = self.trainer.datamodule.facts  # type: ignore[attr-defined]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add it to the checkpoint."""
        super().on_save_checkpoint(checkpoint)
        checkpoint[FACTS] = self.facts

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it from the checkpoint."""
        super().on_load_checkpoint(checkpoint)
        self.facts = checkpoint.get(FACTS, [])

    def configure_callbacks(self) -> list[Callback]:
        """Return what keeps the average, and those of the task."""
        return [*super().configure_callbacks(), *self._parts]

    def _blurred(self, heard: Tensor) -> Tensor:
        if not self.jitter:
            return heard
        width = self.jitter * torch.rand(len(heard), 1, device=heard.device)
        off = torch.randn(heard.shape, device=heard.device) * width
        return (heard + off.round().long()).clamp(0, LEVELS - 1)

    def _hidden(self, genre: Tensor) -> Tensor:
        if self.told >= 1:
            return genre
        shown = torch.rand(genre.shape, device=genre.device) < self.told
        return torch.where(shown, genre, -1)


def _counted(valid: Tensor, span: int) -> Tensor:
    """Return which of the targets are of the song and no padding, shape (batch, span)."""
    return torch.arange(span, device=valid.device) < valid[:, None]
