"""The parts of a run, from its configuration."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hydra.utils import instantiate

from audioml.core.errors import UsageError
from audioml.train.data import ClassIndex, CorpusData, MultiHot, Prepared
from audioml.train.features import LogMel, settings
from audioml.train.launch.parts import made
from audioml.train.networks import Headed, started

from ..corpus import corpus, loaded, opened, plain_settings
from ..exporting import check_forms
from ..recordings import classes_of, counted, unmeasured
from .module import Classifier
from .sounds import made_up
from .weighting import class_weights

__all__ = ["data", "is_several", "module"]

_log = logging.getLogger("audioml.train")


def is_several(kind: object) -> bool:
    """Return whether a recording may have several classes, as ``task.kind`` says.

    Raises
    ------
    UsageError
        If it says neither.
    """
    if kind not in ("single", "multi"):
        raise UsageError(f"'task.kind' must be 'single' or 'multi', got {kind!r}")
    return kind == "multi"


def data(cfg: Any) -> CorpusData:
    """Return the batches of a configuration."""
    path, prepared = _found(cfg)
    several = is_several(cfg.task.kind)
    names = classes_of(prepared, several=several)
    for sentence in unmeasured(prepared):
        _log.warning("%s", sentence)
    return loaded(cfg, path, MultiHot(names) if several else ClassIndex(names))


def module(cfg: Any) -> Classifier:
    """Return the module of a configuration."""
    _, prepared = _found(cfg, first=False)
    task, several = plain_settings(cfg.task), is_several(cfg.task.kind)
    names = classes_of(prepared, several=several)
    if cfg.export:
        check_forms(task)
    features = LogMel(**settings(task))
    network = Headed.of(features.shape, len(names), task["network"])
    started(network.encoder, task["encoder"], features={"rate": task["rate"], **task["features"]})
    counts = counted(prepared)
    return Classifier(
        network,
        features=features,
        labels=names,
        several=several,
        weights=class_weights(task["class_weights"], names, prepared, several=several),
        smoothing=float(task["label_smoothing"]),
        augmentation=made(cfg.augmentation) or None,
        facts={"labels": list(names), "recordings": counts},
        **instantiate(cfg.model),
    )


def _found(cfg: Any, *, first: bool = True) -> tuple[Path, Prepared]:
    path = corpus(cfg, made_up(several=is_several(cfg.task.kind)), first=first)
    return path, opened(path, rate=int(cfg.task.rate))
