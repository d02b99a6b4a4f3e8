"""From a configuration to what is trained."""

from __future__ import annotations

from typing import Any

from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from ..decoding import Thresholds
from .families import family_of, network_of
from .loss import Loss
from .module import Transcriber
from .pictures import Pictures
from .start import started

__all__ = ["module"]


def module(cfg: Any) -> Transcriber:
    """Return what a configuration says is to be trained.

    Raises
    ------
    UsageError
        If it names no network, or weights of another one.
    """
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    family = family_of(plain["model"])
    learning = instantiate(cfg.model)
    begun = plain["ckpt_path"] is not None  # with weights of its own
    network = started(
        network_of(plain["model"]), family, None if begun else plain["task"]["weights"]
    )
    return Transcriber(
        network,
        family=family,
        loss=Loss(**plain["model"]["loss"]),
        thresholds=Thresholds(**plain["task"]["thresholds"]),
        compiled=plain["task"]["compiled"],
        pictures=[Pictures()],
        augmentation=_augmentation(cfg),
        **{name: learning[name] for name in ("optimizer", "schedule", "ema")},
    )


def _augmentation(cfg: Any) -> nn.Module | None:
    made: nn.Module | None = instantiate(cfg.augmentation) if cfg.augmentation else None
    return made
