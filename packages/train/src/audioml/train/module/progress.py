"""A bar while someone looks, a sentence an epoch otherwise."""

from __future__ import annotations

import logging
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import RichModelSummary, RichProgressBar

from audioml.core.cli.output import is_quiet, someone_looks

__all__ = ["Progress", "Summary"]

_log = logging.getLogger("audioml.train")


def _shown() -> bool:
    return someone_looks() and not is_quiet()


class Progress(RichProgressBar):
    """Rich's bar on stderr, if that is a terminal; the log tells of every epoch in any case."""

    def __init__(self, refresh_rate: int = 10) -> None:
        rate = refresh_rate if _shown() else 0
        super().__init__(refresh_rate=rate, console_kwargs={"stderr": True})

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """Return the newest figures of the epochs, for the end of the bar."""
        figures = super().get_metrics(trainer, pl_module)
        figures.pop("v_num", None)
        seen = {k: v for k, v in trainer.callback_metrics.items() if k.startswith("val/")}
        return {**figures, **{name: float(value) for name, value in list(seen.items())[:3]}}

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what was reached."""
        super().on_train_epoch_end(trainer, pl_module)
        figures = [f"{k} {float(v):.4g}" for k, v in sorted(trainer.callback_metrics.items())]
        _log.info("epoch %d: %s", trainer.current_epoch, ", ".join(figures) or "no figures")


class Summary(RichModelSummary):
    """A table of the network's parts, while someone looks."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the table on stderr."""
        if _shown():
            super().on_fit_start(trainer, pl_module)
