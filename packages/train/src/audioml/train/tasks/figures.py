"""What a run measured on its test split, kept in the run's folder for its plots and its model."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audioml.train.runs.artifacts import Artifacts

__all__ = ["keep", "kept"]

_TEST = "artifacts/test.json"


def keep(trainer: Any, told: Mapping[str, Any], plots: Mapping[str, Callable[..., object]]) -> None:
    """Write what was measured, and what is to be drawn of it, into the folder of a run.

    Parameters
    ----------
    trainer
        Whose ``default_root_dir`` the folder is; only its first process writes.
    told
        Plain values; ``figures`` among them are those of the model, by name.
    plots
        Names to functions that draw on axes of matplotlib; without matplotlib there are none.
    """
    if not trainer.is_global_zero:
        return
    folder = Artifacts(trainer.default_root_dir)
    folder.json(_TEST, told)
    if importlib.util.find_spec("matplotlib") is None:
        return
    for name, draw in plots.items():
        folder.figure(f"plots/{name}", draw)


def kept(checkpoint: Path) -> dict[str, float]:
    """Return the figures that the run of a checkpoint measured with it; none if it did not."""
    path = checkpoint.resolve().parent.parent / _TEST
    try:
        if path.stat().st_mtime < checkpoint.stat().st_mtime:
            return {}  # of an earlier part of the run
        told = json.loads(path.read_bytes())["figures"]
    except (OSError, ValueError, KeyError):
        return {}
    return {name: float(value) for name, value in told.items() if math.isfinite(value)}
