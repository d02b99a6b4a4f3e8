"""The parts of a run, from its configuration."""

from __future__ import annotations

from typing import Any

from hydra.utils import instantiate

from audioml.train.features import LogMel, settings
from audioml.train.launch.parts import made
from audioml.train.networks import started

from ..corpus import corpus, opened, plain_settings
from ..embedding.building import paired
from ..embedding.pairs import PairedData
from ..embedding.sounds import MADE_UP
from ..recordings import counted
from .loss import Regularised
from .module import SelfTaught
from .network import Learner

__all__ = ["data", "module"]


def data(cfg: Any) -> PairedData:
    """Return the batches of a configuration."""
    return paired(cfg, corpus(cfg, MADE_UP), near="recording")


def module(cfg: Any) -> SelfTaught:
    """Return the module of a configuration."""
    path, task = corpus(cfg, MADE_UP), plain_settings(cfg.task)
    prepared = opened(path, rate=int(cfg.task.rate))
    features = LogMel(**settings(task))
    network = Learner.of(features.shape, int(task["expanded"]), task["network"])
    started(network.encoder, task["encoder"], features=task["features"])
    return SelfTaught(
        network,
        loss=Regularised(**task["loss"]),
        by_class=bool(prepared.classes),
        features=features,
        augmentation=made(cfg.augmentation) or None,
        facts={"corpus": str(path.resolve()), "recordings": counted(prepared)},
        **instantiate(cfg.model),
    )
