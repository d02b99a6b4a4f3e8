"""What our loop costs beside a bare loop of PyTorch: the same network, the same batches, in turns.

``python packages/train/benchmarks/loop.py`` runs `audioml train`'s own path from a composed
configuration, with its default callbacks and the loggers named. Between its blocks of steps it runs
as many steps of a bare loop; so a load from elsewhere meets both alike. The bare loop does the same
to the network: it clips gradients, follows the schedule and averages the weights (``--plain``: it
does not average, ours does); it logs, checks, seeds and keeps nothing. The ratio is that of steps a
second, the median over the turns; by CPU time it is robust on a shared machine. Both run on one
thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from hydra import compose, initialize_config_module
from hydra.utils import instantiate
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

from audioml.core.plugins import Component, Registry, hookimpl, using
from audioml.train.module import AudioModule

__all__ = ["SIZES", "Bare", "LoopTask", "Measured", "components", "main", "measure"]

SIZES = {"10 ms": (1, 16, 32), "80 ms": (2, 32, 64)}
"""Batch, bands and frames that make a step of about so long on one core of a server."""
_CLASSES, _WIDTH, _DEPTH = 10, 64, 8
_BATCHES = 4


@dataclass
class Measured:
    """CPU and wall seconds of each turn."""

    ours: list[tuple[float, float]] = field(default_factory=list)
    bare: list[tuple[float, float]] = field(default_factory=list)

    def ratio(self, which: int) -> float:
        """Return our steps a second over the bare loop's, by CPU (0) or by wall time (1)."""
        pairs = zip(self.ours, self.bare, strict=True)
        return statistics.median(bare[which] / ours[which] for ours, bare in pairs)


def network() -> nn.Module:
    """Return a convolutional network of 0.26 M parameters: (batch, bands, frames) to scores."""
    layers: list[nn.Module] = [nn.Unflatten(1, (1, -1))]
    for inner in [1] + [_WIDTH] * (_DEPTH - 1):
        layers += [nn.Conv2d(inner, _WIDTH, 3, padding=1), nn.BatchNorm2d(_WIDTH), nn.ReLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(_WIDTH, _CLASSES)]
    return nn.Sequential(*layers, *pooled)


def batches(size: str) -> list[dict[str, Tensor]]:
    """Return a few batches of noise."""
    shape = SIZES[size]
    generator = torch.Generator().manual_seed(1)
    return [
        {
            "audio": torch.randn(shape, generator=generator),
            "labels": torch.randint(_CLASSES, shape[:1], generator=generator),
        }
        for _ in range(_BATCHES)
    ]


class Bare:
    """The loop as the tutorials of PyTorch have it."""

    def __init__(self, config: Any, *, steps: int, plain: bool) -> None:
        model = instantiate(config.model)
        self.network = network().train()
        self.optimizer = model["optimizer"](self.network.parameters())
        self.schedule = model["schedule"](self.optimizer, steps=steps)
        self.batches = batches(config.task.size)
        decay = get_ema_multi_avg_fn(config.model.ema)  # type: ignore[no-untyped-call]
        self.average = None if plain else AveragedModel(self.network, multi_avg_fn=decay)

    def steps(self, count: int) -> None:
        """Train for some steps."""
        for step in range(count):
            batch = self.batches[step % _BATCHES]
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.network(batch["audio"]), batch["labels"])
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            if self.average is not None:
                self.average.update_parameters(self.network)


class Turns(Callback):
    """Lets the bare loop take its turn after each block of steps."""

    measured: ClassVar[Measured]
    bare: ClassVar[Bare]

    def __init__(self, block: int) -> None:
        self.block, self.began = block, (0.0, 0.0)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Give the turn to the bare loop at the end of a block."""
        if trainer.global_step % self.block:
            return
        between = _now()
        self.bare.steps(self.block)
        after = _now()
        if trainer.global_step > self.block:  # the first turn warms up
            self.measured.ours.append(_since(self.began, between))
            self.measured.bare.append(_since(between, after))
        self.began = _now()


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


def _since(began: tuple[float, float], ended: tuple[float, float]) -> tuple[float, float]:
    return ended[0] - began[0], ended[1] - began[1]


class Made(Dataset[dict[str, Tensor]]):
    """Batches, again and again."""

    def __init__(self, cfg: Any) -> None:
        self._batches, self._steps = batches(cfg.task.size), int(cfg.trainer.max_steps)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        return self._batches[step % _BATCHES]


class LoopTask:
    """The task that is timed."""

    config = "pkg://audioml.train.conf"

    def data(self, cfg: Any, /) -> LightningDataModule:
        """Return the batches, again and again."""
        data = LightningDataModule()
        data.train_dataloader = lambda: DataLoader(Made(cfg), batch_size=None)  # type: ignore[method-assign]
        return data

    def module(self, cfg: Any, /) -> AudioModule:
        """Return the network in our module."""
        return AudioModule(network(), loss=nn.functional.cross_entropy, **instantiate(cfg.model))

    def export(self, checkpoint: Path, folder: Path, /) -> None:
        """Do nothing."""


@hookimpl
def components() -> Iterator[Component]:
    """Return the task."""
    yield Component("task", "loop", f"{__name__}:LoopTask", "what is timed")


def measure(size: str, *, turns: int, block: int, logger: str, plain: bool = False) -> Measured:
    """Return what the two loops took in turns."""
    from audioml.train.launch.devices import share_threads
    from audioml.train.launch.fitting import fit

    steps = block * (turns + 1)
    with tempfile.TemporaryDirectory() as folder:
        given = ["task=base", "task.name=loop", f"+task.size='{size}'", "trainer=cpu", "test=false"]
        given += [f"logger={logger}", f"trainer.max_steps={steps}", "callbacks.best=null"]
        given += ["optimized_metric=train/loss"]
        given += [f"paths.output={folder}", f"paths.root={folder}", "export=false"]
        given += [f"+callbacks.turns={{_target_:{__name__}.Turns,block:{block}}}"]
        with initialize_config_module("audioml.train.conf", version_base="1.3"):
            config = compose("train", given)
        share_threads(1, 1)
        Turns.measured, Turns.bare = Measured(), Bare(config, steps=steps, plain=plain)
        with using(Registry({"loop": sys.modules[__name__]})):
            fit(config, Path(folder))
    return Turns.measured


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a block, about")
    parser.add_argument("--logger", default="csv", help="csv, tensorboard, many, none")
    parser.add_argument("--plain", action="store_true", help="the bare loop does not average")
    parser.add_argument("sizes", nargs="*", default=list(SIZES), metavar="SIZE")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'step of':10}{'bare ms':>10}{'ours ms':>10}{'ratio, CPU':>12}{'ratio, wall':>12}")
    for size in given.sizes:
        block = max(1, round(given.seconds * 1000 / int(size.split()[0])))
        how = {"turns": given.turns, "logger": given.logger, "plain": given.plain}
        found = measure(size, block=block, **how)
        bare, ours = (
            1000 * statistics.median(cpu for cpu, _ in times) / block
            for times in (found.bare, found.ours)
        )
        print(f"{size:10}{bare:10.2f}{ours:10.2f}{found.ratio(0):12.4f}{found.ratio(1):12.4f}")


if __name__ == "__main__":
    main()
