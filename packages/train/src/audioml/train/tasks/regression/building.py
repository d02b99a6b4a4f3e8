"""The parts of a run, from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from hydra.utils import instantiate

from audioml.core.errors import UsageError, ValidationError
from audioml.train.data import CorpusData, Prepared, Values
from audioml.train.features import LogMel, settings
from audioml.train.launch.parts import made
from audioml.train.networks import Headed, started

from ..corpus import corpus, loaded, opened, plain_settings
from ..exporting import check_forms
from ..recordings import values_of
from .module import Regressor
from .sounds import COLUMNS, MADE_UP

__all__ = ["data", "module"]

_Standard = tuple[list[float], list[float]]


def data(cfg: Any) -> CorpusData:
    """Return the batches of a configuration."""
    path, prepared = _found(cfg)
    values_of(prepared)
    return loaded(cfg, path, Values())


def module(cfg: Any) -> Regressor:
    """Return the module of a configuration."""
    _, prepared = _found(cfg, first=False)
    task = plain_settings(cfg.task)
    if cfg.export:
        check_forms(task)
    features = LogMel(**settings(task))
    names = _names(task, plain_settings(cfg.data), values_of(prepared))
    network = Headed.of(features.shape, len(names), task["network"])
    started(network.encoder, task["encoder"], features={"rate": task["rate"], **task["features"]})
    mean, scale = _standard(prepared, names)
    splits = {name: len(prepared.filter(split=name)) for name in ("train", "validation", "test")}
    return Regressor(
        network,
        features=features,
        names=names,
        mean=mean,
        scale=scale,
        loss=task["loss"],
        augmentation=made(cfg.augmentation) or None,
        facts={"labels": names, "mean": mean, "scale": scale, "recordings": splits},
        **instantiate(cfg.model),
    )


def _found(cfg: Any, *, first: bool = True) -> tuple[Path, Prepared]:
    data = plain_settings(cfg.data)
    if data.get("source_path") and not (data.get("path") or data.get("metadata")):
        raise UsageError(
            "numbers of recordings stand in a table: give data.metadata=TABLE.csv with a column of "
            "files, and data.label_column=NAME or [NAME, ...] of the numbers"
        )
    path = corpus(cfg, MADE_UP, first=first)
    return path, opened(path, rate=int(cfg.task.rate))


def _names(task: Mapping[str, Any], data: Mapping[str, Any], count: int) -> list[str]:
    """Return what the numbers are called: as the task says, as their columns, or by place."""
    columns = data.get("label_column") or []
    known = [columns] if isinstance(columns, str) else list(columns)
    if data.get("made") and not data.get("path") and not data.get("source_path"):
        known = list(COLUMNS)
    given = [str(name) for name in task["outputs"] or known]
    if task["outputs"] and len(given) != count:
        raise UsageError(f"'task.outputs' must name {count} numbers, got {', '.join(given)}")
    if len(given) == count:
        return given
    return ["value"] if count == 1 else [f"value_{at + 1}" for at in range(count)]


def _standard(prepared: Prepared, names: list[str]) -> _Standard:
    """Return mean and standard deviation of the numbers of the recordings trained on.

    Raises
    ------
    ValidationError
        If a number is the same for all.
    """
    rows = np.array(prepared.filter(split="train").corpus.column("values"), np.float64)
    mean, scale = rows.mean(0), rows.std(0)
    for at, name in enumerate(names):
        if scale[at] <= 1e-9 * max(1.0, abs(mean[at])):
            raise ValidationError(
                f"{name!r} is {mean[at]:g} for all recordings that are trained on, so there is "
                "nothing to learn"
            )
    return mean.tolist(), scale.tolist()
