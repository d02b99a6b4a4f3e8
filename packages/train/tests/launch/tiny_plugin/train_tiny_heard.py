"""The task of the tests that hears a corpus: which recordings are loud."""

from __future__ import annotations

import torch
from hydra.utils import instantiate
from torch import nn
from torchmetrics.classification import MulticlassAccuracy
from train_tiny_network import TinyModule

from audioml.train.data import CorpusData


def data(cfg):
    return CorpusData(
        cfg.data.path,
        window=0.25,
        batch_size=cfg.data.batch_size,
        targets="class",
        seed=cfg.seed,
        workers=cfg.data.workers,
        folds=cfg.data.folds,
        fold=cfg.data.fold,
    )


class Loudness(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Linear(1, 2)

    def forward(self, audio):
        noisy = audio + 0.01 * torch.randn_like(audio) * self.training
        return self.scores(torch.log10(noisy.square().mean(-1, keepdim=True) + 1e-8))


def module(cfg):
    made = TinyModule(
        Loudness(),
        loss=nn.functional.cross_entropy,
        metrics={"accuracy": MulticlassAccuracy(2)},
        **instantiate(cfg.model),
    )
    made.trouble = dict(cfg.task.trouble)
    return made
