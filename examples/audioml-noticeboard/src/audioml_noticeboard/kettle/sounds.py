"""What is learnt from: kitchens, in every second of which a kettle whistles."""

from __future__ import annotations

import math
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import Dataset

from audioml.train.module import ResumableLoader

__all__ = ["Kitchen", "Kitchens"]


class Kitchen(Dataset[dict[str, Tensor]]):
    """Noise of any level, and in every second item a whistle. An item follows from its index.

    Parameters
    ----------
    count
        How many there are.
    length, rate
        Of each, in samples and in Hz.
    seed
        Of the split: splits with different seeds share no item.
    """

    def __init__(self, count: int, *, length: int, rate: int, seed: int) -> None:
        self.count, self.length, self.rate, self.seed = count, length, rate, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + index)
        level, hertz, loudness = torch.rand(3, generator=random).tolist()
        noise = torch.randn(self.length, generator=random) * 10 ** (-1 - 2 * level)
        whistles = index % 2
        time = torch.arange(self.length) / self.rate
        tone = torch.sin(2 * math.pi * (2000 + 1500 * hertz) * time)  # 2 to 3.5 kHz
        whistle = tone * noise.std() * (1 + 3 * loudness)
        return {"audio": noise + whistles * whistle, "labels": torch.tensor(whistles)}


class Kitchens(LightningDataModule):
    """Train, validation and test splits, which share no item."""

    def __init__(self, cfg: Any) -> None:
        super().__init__()
        self.cfg = cfg

    def _loader(self, seed: int, count: int, *, shuffle: bool = False) -> ResumableLoader:
        cfg = self.cfg
        length = round(cfg.task.window * cfg.task.rate)
        return ResumableLoader(
            Kitchen(count, length=length, rate=cfg.task.rate, seed=seed),
            batch_size=cfg.data.batch_size,
            workers=cfg.data.workers,
            seed=cfg.seed,
            shuffle=shuffle,
        )

    def train_dataloader(self) -> ResumableLoader:
        """Return the training split's batches."""
        return self._loader(1, self.cfg.task.count, shuffle=True)

    def val_dataloader(self) -> ResumableLoader:
        """Return the validation split's batches."""
        return self._loader(2, 128)

    def test_dataloader(self) -> ResumableLoader:
        """Return the test split's batches."""
        return self._loader(3, 128)
