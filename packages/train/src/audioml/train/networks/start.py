"""Begins a task with the encoder that another one has trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from audioml.core.errors import UsageError
from audioml.core.files import shown
from audioml.train.module import read, weights

__all__ = ["started"]

_PREFIX = "encoder."
_Module = TypeVar("_Module", bound=nn.Module)


def started(
    encoder: _Module,
    checkpoint: str | Path | None,
    *,
    features: Mapping[str, Any] | None = None,
) -> _Module:
    """Return an encoder with the weights of the network's ``encoder`` in a checkpoint.

    Parameters
    ----------
    encoder
        What is filled.
    checkpoint
        Of a task whose network has its encoder under that name; None leaves the encoder alone.
    features
        The features that the encoder will see, ``task.features``, and ``rate`` if that counts too;
        they are compared with those of the checkpoint's task.

    Raises
    ------
    UsageError
        If the checkpoint has no encoder, or one of another shape or for other features.
    NotFoundError, IntegrityError, UntrustedError
        As `audioml.train.module.weights`.
    """
    if checkpoint is None:
        return encoder
    path = Path(checkpoint)
    found = {k.removeprefix(_PREFIX): v for k, v in weights(path).items() if k.startswith(_PREFIX)}
    if not found:
        raise UsageError(
            f"{shown(path)} has no encoder to begin with; take a checkpoint of the task "
            "selfsupervised, embedding, classification or regression"
        )
    _same_features(path, features)
    wanted = encoder.state_dict()
    apart = sorted(set(wanted) ^ set(found))
    wrong = [k for k in wanted if k in found and wanted[k].shape != found[k].shape]
    if apart or wrong:
        raise UsageError(
            f"the encoder of {shown(path)} is of another shape than this task's: "
            f"{_difference(wanted, found, wrong, apart)}; give both tasks the same task.network "
            "and task.features"
        )
    encoder.load_state_dict(found)
    return encoder


def _difference(wanted: Any, found: Any, wrong: list[str], apart: list[str]) -> str:
    if wrong:
        name = wrong[0]
        return f"{name!r} is {tuple(found[name].shape)} there and {tuple(wanted[name].shape)} here"
    return f"{apart[0]!r} is only {'there' if apart[0] in found else 'here'}"


def _same_features(path: Path, features: Mapping[str, Any] | None) -> None:
    task = read(path).get("audioml", {}).get("config", {}).get("task", {})
    if features is None or task.get("features") is None:
        return
    here, there = dict(features), dict(task["features"])
    if "rate" in here:
        there["rate"] = task.get("rate")
    names = [n for n in sorted(set(here) | set(there)) if here.get(n) != there.get(n)]
    if names:
        said = ", ".join(f"{n}={there.get(n)!r} there and {here.get(n)!r} here" for n in names)
        raise UsageError(f"the encoder of {shown(path)} was trained on other features: {said}")
