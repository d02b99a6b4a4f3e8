"""The checkpoint that a run goes on from: is it one of ours, and of this task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.fabric.utilities.types import _Stateful
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils._pytree import tree_leaves

from audioml.core.errors import UsageError
from audioml.core.files import shown

from ..module.checkpoints import read

__all__ = ["Earlier", "Midway", "checked", "trim"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A checkpoint, and how many steps were done when it was written."""

    path: Path
    step: int


def checked(path: str | None, *, task: str) -> Earlier | None:
    """Return a checkpoint, if one is named and may be gone on from.

    Raises
    ------
    UsageError
        If it is of another task.
    UntrustedError, IntegrityError, NotFoundError
        See `audioml.train.module.read`.
    """
    if path is None:
        return None
    state = read(path)
    theirs = state.get("audioml", {}).get("task")
    if theirs != task:
        whose = "not of a run of `audioml train`" if theirs is None else f"of the task {theirs!r}"
        raise UsageError(f"the checkpoint {shown(path)} is {whose}, and cannot go on as {task!r}")
    return Earlier(Path(path), int(state["global_step"]))


def trim(loggers: list[Any], earlier: Earlier | None) -> None:
    """Let loggers forget what was measured in this folder after the checkpoint, or at all."""
    for logger in loggers:
        if hasattr(logger, "go_on"):
            logger.go_on(0 if earlier is None else earlier.step)


class Midway(Callback):
    """Lets the loaders go on where they were when the checkpoint was written.

    Lightning hands the state of the loaders on when it sets them up. But a module that asks for
    the number of steps, as schedules do, has that done before the checkpoint's state is known.
    """

    def __init__(self) -> None:
        self._states: list[dict[str, Any]] = []

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the state of the loaders."""
        fit = checkpoint.get("loops", {}).get("fit_loop", {})
        self._states = fit.get("state_dict", {}).get("combined_loader", [])

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Hand it to the loaders."""
        states, self._states = self._states, []
        if not states:
            return
        every = [each for each in tree_leaves(trainer.train_dataloader) if _is_stateful(each)]
        for loader, state in zip(every, states, strict=True):
            loader.load_state_dict(state)
        iter(trainer.fit_loop._data_fetcher)  # type: ignore[arg-type]  # noqa: SLF001 - begins anew


def _is_stateful(loader: Any) -> bool:
    return isinstance(loader, _Stateful)
