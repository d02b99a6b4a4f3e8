"""Weights to begin with: of a model, of a checkpoint, or as the CRNN's authors publish them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audioml.core.cli.pulling import pull_shown
from audioml.core.errors import IntegrityError, UsageError
from audioml.core.files import shown
from audioml.core.models.manifest import Manifest
from audioml.core.models.resolve import resolve
from audioml.core.plugins import Component, registry
from audioml.core.store.store import Store, verify_files
from audioml.train.module import read, weights

from .families import Family
from .folder import WEIGHTS

__all__ = ["TASK", "checked_task", "started"]

TASK = "transcription"
_CHECKPOINTS = (".ckpt", ".pt", ".pth")


def started(network: nn.Module, family: Family, given: str | Path | None) -> nn.Module:
    """Return a network with the weights of a model or of a checkpoint, if one is named.

    Parameters
    ----------
    network, family
        Whose weights are set.
    given
        A checkpoint of this task, or one of the CRNN as its authors publish it; a model folder
        that this task has written; or a model's name, such as ``notes``.

    Raises
    ------
    UsageError
        If it is of another task or of another network, or if a model comes without weights.
    NotFoundError, UntrustedError, IntegrityError
        If it is not there, would run code, or is broken.
    """
    if given is None:
        return network
    path = Path(given)
    if path.is_file() or path.suffix in _CHECKPOINTS:
        state = _of_checkpoint(path, family)
    else:
        state = _of_model(given)
    ours = network.state_dict()
    differ = [n for n in ours if n not in state or state[n].shape != ours[n].shape]
    if odd := [*differ, *sorted(set(state) - set(ours))]:
        raise UsageError(
            f"{shown(given)} holds another network than model={family.name} with these widths: "
            f"they differ in {odd[0]!r}"
        )
    network.load_state_dict(state)
    return network


def checked_task(state: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the configuration in what a checkpoint holds.

    Raises
    ------
    UsageError
        If it is not one of this task.
    """
    about = state.get("audioml")
    theirs = about.get("task") if isinstance(about, dict) else None
    if not isinstance(about, dict) or theirs != TASK:
        whose = "not of a run of `audioml train`" if theirs is None else f"of the task {theirs!r}"
        raise UsageError(f"the checkpoint {shown(path)} is {whose}, not of {TASK!r}")
    found: dict[str, Any] = about["config"]
    return found


def _of_checkpoint(path: Path, family: Family) -> dict[str, Tensor]:
    state = read(path)
    if "audioml" in state:
        checked_task(state, path)
        return weights(path)
    if family.name != "crnn":
        raise UsageError(f"{shown(path)} is no checkpoint of the network {family.name!r}")
    from ..networks.crnn import published

    try:
        return published(state)
    except IntegrityError as error:
        raise IntegrityError(f"{shown(path)}: {error}") from error


def _of_model(given: str | Path) -> dict[str, Tensor]:
    folder = _folder(given)
    manifest = Manifest.read(folder)
    if WEIGHTS not in manifest.files:
        raise UsageError(
            f"the model {manifest.name} in {shown(folder)} comes without weights to begin with "
            f"({WEIGHTS}); take one that `audioml train task={TASK}` wrote, or a checkpoint"
        )
    verify_files(folder, manifest)
    try:
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise IntegrityError(f"{shown(folder / WEIGHTS)} holds no weights: {error}") from error


def _folder(given: str | Path) -> Path:
    """Return the folder of a model, which is fetched if it is published and not there yet."""
    store = Store()
    found = resolve(given, store=store, plugins=registry())
    if isinstance(found, Component) and found.kind == "model":
        found = pull_shown(store, found.load())
    if isinstance(found, Component) or not found.is_dir():
        raise UsageError(f"{str(given)!r} is no model folder; there are no weights to begin with")
    return found
