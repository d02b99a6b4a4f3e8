"""What a run does besides learning: baselines beside its figures, songs of the network so far."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray

from audioml.core.cli.output import say
from audioml.core.corpus import Corpus, decode
from audioml.core.foretelling import Baselines
from audioml.core.values import Audio
from audioml.train.runs.artifacts import Artifacts

from ..architecture import SILENCE
from ..engine import Sampling, songs, uniforms
from ..networks.exchange import weights_of
from .data import Songs
from .module import Foreteller

__all__ = ["Measured", "Sounds"]

_log = logging.getLogger("audioml.train")
_COUNTED = 2_000_000  # samples that the baselines are learnt from


class Measured(Callback):
    """Measures the baselines on the very samples that the network is measured on.

    They are logged once as ``baseline/NAME``; those of the test stand beside its bits.
    """

    def __init__(self) -> None:
        self._baselines: Baselines | None = None

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log those of the split that is validated on."""
        if not trainer.is_global_zero or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        found = self._bits(trainer, "validation")
        _log.info("bits a sample without a network: %s", _listed(found))
        for logger in trainer.loggers:
            told = {f"baseline/{name}": value for name, value in found.items()}
            logger.log_metrics(told, step=trainer.global_step)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say the figures of the test beside those of the baselines, and keep them for the card."""
        if not trainer.is_global_zero or not isinstance(pl_module, Foreteller):
            return
        bits = float(trainer.callback_metrics.get("test/bits", math.nan))
        found = {"bits": bits, **self._bits(trainer, "test")}
        say(f"bits a sample in the test: {_listed(found)}")
        pl_module.measured = {f"test/{name}": value for name, value in found.items()}
        Artifacts(Path(trainer.default_root_dir) / "artifacts").json("test", found)

    def _bits(self, trainer: Trainer, split: str) -> dict[str, float]:
        data: Songs = trainer.datamodule  # type: ignore[attr-defined]
        if self._baselines is None:
            learnt = _thinned(data.corpus.filter(split="train"), _COUNTED)
            self._baselines = Baselines.of(learnt, most=_COUNTED)
        return self._baselines.bits(data.heard(split), first=data.field)


class Sounds(Callback):
    """Lets the network make a song after each validation, by the engine that makes them later.

    Parameters
    ----------
    rate
        Hz.
    conditions
        Genres that the network is told: the songs take turns.
    seconds
        Of a song; 0: none.
    temperature, seed
        Of the song.
    """

    def __init__(
        self, *, rate: int, conditions: int, seconds: float, temperature: float, seed: int
    ) -> None:
        self._rate, self._conditions, self._count = rate, conditions, round(seconds * rate)
        self._choice, self._seed, self._made = Sampling(temperature, None, None), seed, 0

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Make one, keep it among the artifacts, and show it to TensorBoard."""
        if not self._count or not trainer.is_global_zero or trainer.sanity_checking:
            return
        if not isinstance(pl_module, Foreteller):
            return
        samples = self._song(pl_module)
        folder = Artifacts(Path(trainer.default_root_dir) / "artifacts")
        folder.audio(f"song-{trainer.global_step:07d}", Audio(samples[None], self._rate))
        for logger in trainer.loggers:
            show = getattr(getattr(logger, "experiment", None), "add_audio", None)
            if show is not None:
                show("song", samples[None], trainer.global_step, self._rate)

    def _song(self, module: Foreteller) -> NDArray[np.float32]:
        network: Any = module.evaluated
        weights = weights_of(network.architecture, network.state_dict())
        genre = self._made % self._conditions if self._conditions else None
        self._made += 1
        begun = songs(weights, [genre])
        begun.feed(np.full((1, weights.architecture.receptive_field), SILENCE))
        drawn = begun.draw(uniforms(self._seed, 0, self._count)[None], [self._choice])
        return decode(drawn[0], "mulaw")


def _thinned(corpus: Corpus, most: int) -> Iterator[NDArray[np.uint8]]:
    """Yield songs evenly spread over a corpus, until so many samples are enough."""
    step = max(1, round(float(corpus.lengths.sum()) / most))
    for row in range(0, len(corpus), step):
        yield corpus.read(row)


def _listed(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in found.items())
