"""From a checkpoint to a model folder that makes songs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import UsageError
from audioml.core.files import shown, write_bytes
from audioml.train.module import read, weights

from ..folder import About, write_folder
from ..networks.exchange import weights_of
from .building import architecture_of, genres_of
from .card import card
from .module import FACTS

__all__ = ["TASK", "export"]

TASK = "wavenet"
_ATTRIBUTION = "ATTRIBUTION.md"


def export(checkpoint: Path, folder: Path, measured: Mapping[str, float]) -> None:
    """Write the model folder of a checkpoint.

    Parameters
    ----------
    checkpoint
        Of a run of this task.
    folder
        To be written.
    measured
        Figures of the test, by name.

    Raises
    ------
    UsageError
        If the checkpoint is of another task.
    """
    state = read(checkpoint)
    config = _config(state, checkpoint)
    told = config["task"]["model"]
    network = weights_of(architecture_of(config), weights(checkpoint))
    about = About(
        name=str(told["name"]),
        version=str(told["version"]),
        license=str(told["license"]),
        rate=int(config["task"]["rate"]),
        description=str(told["description"] or "songs"),
        genres=genres_of(config),
        metrics={name: round(value, 4) for name, value in measured.items()},
    )
    folder.mkdir(parents=True, exist_ok=True)
    _attributed(config, folder)
    text = card(
        about,
        network.architecture,
        config,
        facts=state.get(FACTS, []),
        steps=int(state["global_step"]),
    )
    write_folder(network, folder, about, card=text, tested=True)


def _attributed(config: Mapping[str, Any], folder: Path) -> None:
    """Let the model bring along what the licences of its recordings ask for."""
    given = config["data"]["path"]
    source = Path(given).expanduser() / _ATTRIBUTION if given else None
    if source is not None and source.is_file():
        write_bytes(folder / _ATTRIBUTION, source.read_bytes())


def _config(state: Mapping[str, Any], path: Path) -> dict[str, Any]:
    about = state.get("audioml")
    theirs = about.get("task") if isinstance(about, dict) else None
    if not isinstance(about, dict) or theirs != TASK:
        whose = "not of a run of `audioml train`" if theirs is None else f"of the task {theirs!r}"
        raise UsageError(f"the checkpoint {shown(path)} is {whose}, not of {TASK!r}")
    found: dict[str, Any] = about["config"]
    return found
