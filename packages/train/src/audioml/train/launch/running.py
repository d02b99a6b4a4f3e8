"""A run from its configuration to its figures, in one process or in several."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from audioml.core.errors import UsageError
from audioml.core.files import shown, write_bytes

from .state import State

__all__ = ["RESOLVED", "prepared", "run"]

RESOLVED = "resolved.yaml"


def prepared(cfg: Any, folder: Path, begun: State) -> Any:
    """Return the configuration with all references resolved, as it is kept in the run's folder.

    Raises
    ------
    UsageError
        If a setting cannot have its value.
    """
    from .values import check_values

    config = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True))
    check_values(config)
    write_bytes(folder / RESOLVED, OmegaConf.to_yaml(config).encode())
    begun.write(folder)
    return config


def run(config: Any, folder: Path, begun: State) -> State:
    """Train, and return what was reached, which is kept in the run's folder.

    Raises
    ------
    NotFoundError
        If a device is asked for that is not here.
    """
    from .devices import check, processes, share_threads

    check(config.trainer)
    world = processes(config.trainer)
    if int(config.trainer.get("num_nodes", 1)) > 1:
        raise UsageError(
            "several machines are started from the saved configuration: on each, "
            f"torchrun ... -m audioml.train.launch.rank {shown(folder)}"
        )
    if world > 1 and "LOCAL_RANK" not in os.environ:
        from .ranks import run_ranks

        reached = run_ranks(folder, world, threads=share_threads(config.threads, world))
    else:
        from .fitting import fit

        share_threads(config.threads, 1)
        reached = fit(config, folder)
    state = replace(begun, status="done", **reached)
    state.write(folder)
    return state
