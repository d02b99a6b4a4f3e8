"""The loop: steps that depend on their number alone, so that a run goes on where it was left."""

from __future__ import annotations

import csv
import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from audioml.core.errors import ValidationError

from ..networks.frontend import FrontEnd
from . import checkpoint
from .augment import Augmentation
from .averaging import Average
from .loss import Loss
from .segments import Segments

__all__ = ["LAST", "Settings", "fit", "learning_rate"]

LAST = "last.pt"
_LOG = "log.csv"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    ``rate`` is the highest learning rate, reached after ``warm_up`` steps, from where it falls as
    a cosine to a hundredth at ``steps``. ``save_every`` is in seconds, ``log_every`` and
    ``evaluate_every`` in steps. ``compiled`` costs two minutes and saves a quarter of each step.
    """

    steps: int = 20000
    batch: int = 8
    rate: float = 3e-3
    warm_up: int = 300
    decay: float = 1e-4
    clip: float = 1.0
    average: float = 0.999
    seed: int = 0
    bfloat16: bool = True
    device: str = "cpu"
    compiled: bool = False
    save_every: float = 180.0
    log_every: int = 50
    evaluate_every: int = 1000
    loss: Loss = field(default_factory=Loss)
    augmentation: Augmentation | None = field(default_factory=Augmentation)


def learning_rate(step: int, settings: Settings) -> float:
    """Return the learning rate of a step."""
    if step < settings.warm_up:
        return settings.rate * (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(settings.steps - settings.warm_up, 1)
    return settings.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * min(done, 1.0))) / 2)


def fit(
    network: nn.Module,
    segments: Segments,
    folder: Path,
    settings: Settings,
    *,
    front: nn.Module | None = None,
    evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
) -> nn.Module:
    """Train a network, and return its average over the steps.

    Parameters
    ----------
    network
        Answers what ``front`` makes; it is trained in place.
    segments
        What it is trained on.
    folder
        Where the checkpoint ``last.pt`` and ``log.csv`` are; a checkpoint there is gone on from.
    settings
        How.
    front
        Makes the network's input of the segments' samples; `FrontEnd` if nothing is said.
    evaluate
        Scores of the averaged network, now and then, for the log.

    Raises
    ------
    ValidationError
        If the loss is no number any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(network, front or FrontEnd(), settings)
    run.resume(folder / LAST)
    log = _Log(folder / _LOG, run.step)
    saved = time.monotonic()
    while run.step < settings.steps:
        parts = run.advance(segments)
        at_end = run.step == settings.steps
        if run.step % settings.log_every == 0 or at_end:
            log.add(run.step, {name: float(part) for name, part in parts.items()})
        if evaluate and (run.step % settings.evaluate_every == 0 or at_end):
            log.add(run.step, evaluate(run.average.network))
        if at_end or time.monotonic() - saved > settings.save_every:
            run.save(folder / LAST)
            saved = time.monotonic()
    return run.average.network


class _Run:
    """A network on its way."""

    def __init__(self, network: nn.Module, front: nn.Module, settings: Settings) -> None:
        self.network = network.to(settings.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings, self.step = settings, 0
        self.average = Average(network, decay=settings.average)
        self.front = front.to(settings.device)
        self.answer: Callable[[Tensor], tuple[Tensor, Tensor]] = (
            torch.compile(network) if settings.compiled else network
        )
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.rate, weight_decay=settings.decay
        )

    def advance(self, segments: Segments) -> dict[str, Tensor]:
        """Take a step, and return the parts of its loss."""
        settings, device = self.settings, self.settings.device
        generator = torch.Generator(device).manual_seed(settings.seed * 1_000_003 + self.step)
        torch.manual_seed(settings.seed * 1_000_003 + self.step)  # dropout's
        batch = segments.batch(self.step, settings.batch)
        with torch.no_grad():
            samples = torch.from_numpy(batch.samples).to(device)
            if settings.augmentation is not None:
                samples = settings.augmentation(samples, generator)
            spectra = self.front(samples)
            if spectra.ndim == 4:
                spectra = spectra.contiguous(memory_format=torch.channels_last)
        self.network.train()
        with torch.autocast(device, torch.bfloat16, enabled=settings.bfloat16):
            answers = self.answer(spectra)
        known = (torch.from_numpy(x).to(device) for x in (batch.notes, batch.mask, batch.pedal))
        parts = settings.loss(answers, *known)
        self._learn(parts["loss"])
        self.average.update(self.network, self.step)
        self.step += 1
        return {name: part.detach() for name, part in parts.items()}

    def _learn(self, loss: Tensor) -> None:
        if not math.isfinite(float(loss.detach())):
            raise ValidationError(
                f"the loss is {float(loss.detach())} at step {self.step}; go on from the last "
                "checkpoint with a lower learning rate"
            )
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.settings)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.optimiser.step()

    def save(self, path: Path) -> None:
        checkpoint.save(
            path,
            step=self.step,
            network=self.network.state_dict(),
            average=self.average.network.state_dict(),
            optimiser=self.optimiser.state_dict(),
            settings=_plain(self.settings),
        )

    def resume(self, path: Path) -> None:
        if not path.exists():
            return
        state = checkpoint.load(path)
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])


def _plain(settings: Settings) -> dict[str, Any]:
    return dataclasses.asdict(settings)


class _Log:
    """A table of what was measured: step, seconds, name, value."""

    def __init__(self, path: Path, step: int) -> None:
        self._path, self._began = path, time.monotonic()
        kept = [["step", "seconds", "name", "value"]]
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                kept += [row for row in list(csv.reader(file))[1:] if int(row[0]) <= step]
        self._before = float(kept[-1][1]) if len(kept) > 1 else 0.0
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(kept)

    def add(self, step: int, values: dict[str, float]) -> None:
        seconds = self._before + time.monotonic() - self._began
        with self._path.open("a", newline="", encoding="utf-8") as file:
            rows = [[step, f"{seconds:.1f}", name, f"{v:.6g}"] for name, v in values.items()]
            csv.writer(file).writerows(rows)
