"""Weights to start from: of a checkpoint of ours, or of one as the CRNN's authors publish it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from audioml.core.errors import IntegrityError, UsageError
from audioml.core.files import shown
from audioml.train.module import read, weights

from .families import Family

__all__ = ["TASK", "checked_task", "started"]

TASK = "transcription"
_PLAIN = "audioml-transcription"  # of the loop in `audioml_transcription.training`


def started(network: nn.Module, family: Family, path: str | Path | None) -> nn.Module:
    """Return a network with the weights of a checkpoint, if one is named.

    Raises
    ------
    UsageError
        If it is of another task or of another network.
    NotFoundError, UntrustedError, IntegrityError
        See `audioml.train.module.read`.
    """
    if path is None:
        return network
    state = _weights(Path(path), family)
    ours = network.state_dict()
    differ = [n for n in ours if n not in state or state[n].shape != ours[n].shape]
    if differ or set(state) - set(ours):
        odd = [*differ, *sorted(set(state) - set(ours))][0]
        raise UsageError(
            f"{shown(path)} holds another network than model={family.name} with these widths: they "
            f"differ in {odd!r}"
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


def _weights(path: Path, family: Family) -> dict[str, Tensor]:
    state = read(path)
    if "audioml" in state:
        checked_task(state, path)
        return weights(path)
    if state.get("kind") == _PLAIN:
        found: dict[str, Tensor] = state["average"]
        return found
    if family.name != "crnn":
        raise UsageError(f"{shown(path)} is no checkpoint of the network {family.name!r}")
    from ..networks.crnn import published

    try:
        return published(state)
    except IntegrityError as error:
        raise IntegrityError(f"{shown(path)}: {error}") from error
