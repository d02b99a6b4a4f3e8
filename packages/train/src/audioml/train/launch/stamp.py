"""The mark that a checkpoint carries: its task and its configuration."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from omegaconf import OmegaConf

from ..runs.redaction import redacted

__all__ = ["Stamp"]


class Stamp(Callback):
    """Writes ``checkpoint["audioml"]``: ``task``, and ``config`` as plain values.

    A task's ``export`` builds the network anew from the configuration. What looks like a credential
    in it is left out, since checkpoints are handed on.
    """

    def __init__(self, config: Any) -> None:
        self._task = str(config.task.name)
        self._config = redacted(OmegaConf.to_container(config, resolve=True))

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the mark."""
        checkpoint["audioml"] = {"schema": 1, "task": self._task, "config": self._config}
