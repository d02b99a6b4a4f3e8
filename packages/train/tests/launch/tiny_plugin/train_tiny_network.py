from __future__ import annotations

import os
import signal

import torch
from hydra.utils import instantiate
from lightning.pytorch import LightningDataModule
from torch import nn
from torch.utils.data import Dataset
from torchmetrics import MeanAbsoluteError

from audioml.train.module import AudioModule, ResumableLoader


class Noisy(Dataset):
    """Fixed inputs with noise that is drawn anew whenever an item is read."""

    def __init__(self, items, seed, noise):
        generator = torch.Generator().manual_seed(seed)
        self.audio = torch.randn(items, 8, generator=generator)
        self.labels = self.audio @ torch.linspace(-1, 1, 8)[:, None]
        self.noise = noise

    def __len__(self):
        return len(self.audio)

    def __getitem__(self, index):
        noise = self.noise * torch.randn(8)
        return {"audio": self.audio[index] + noise, "labels": self.labels[index]}


class TinyData(LightningDataModule):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg

    def _loader(self, seed, *, items, noise=0.0, shuffle=False):
        return ResumableLoader(
            Noisy(items, seed, noise),
            batch_size=self.cfg.data.batch_size,
            workers=self.cfg.data.workers,
            seed=self.cfg.seed,
            shuffle=shuffle,
        )

    def train_dataloader(self):
        return self._loader(1, items=self.cfg.task.count, noise=0.1, shuffle=True)

    def val_dataloader(self):
        return self._loader(2, items=16)

    def test_dataloader(self):
        return self._loader(3, items=16)


class TinyModule(AudioModule):
    """Dies, or loses its numbers, where a test wants it."""

    trouble = {}

    def training_step(self, batch, batch_idx):
        at = self.trainer.global_step
        if str(at) == os.environ.get("TINY_KILLED_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
        if str(at) == os.environ.get("TINY_INTERRUPTED_AT"):
            for _ in range(int(os.environ.get("TINY_INTERRUPTED_TIMES", "1"))):
                os.kill(os.getpid(), signal.SIGINT)
        if at == self.trouble.get("bug_at"):
            raise ZeroDivisionError("a bug of the plugin")
        loss = super().training_step(batch, batch_idx)
        return loss * float("nan") if at == self.trouble.get("nan_at") else loss


def module(cfg):
    network = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.2), nn.Linear(8, 1))
    made = TinyModule(
        network,
        loss=nn.functional.mse_loss,
        metrics={"mae": MeanAbsoluteError()},
        **instantiate(cfg.model),
    )
    made.trouble = dict(cfg.task.trouble)
    return made
