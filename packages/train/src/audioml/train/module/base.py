"""The body of the loop, which most tasks only fill in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lightning.pytorch import Callback, LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric

from .averaging import Averaging, averaged
from .metrics import Streaming

__all__ = ["AudioModule"]

_METRICS = "audioml_metrics"


class AudioModule(LightningModule):
    """Trains a network on batches ``{"audio": ..., "labels": ...}``.

    Figures are named ``train/loss``, ``val/loss``, ``val/NAME`` and ``test/NAME``. The loss of
    single steps, ``step/loss``, goes to the loggers every ``log_every_n_steps``; in between, the
    device is never waited for.

    Parameters
    ----------
    network
        Takes ``batch["audio"]``: float32, shape (batch, samples) or (batch, channels, samples).
    loss
        Takes the network's answer and ``batch["labels"]``, and returns a scalar.
    metrics
        Of validation and test, by name; each is updated with ``preds`` and ``target``, or with
        what else `step` returns.
    optimizer
        Takes the parameters, as ``functools.partial(torch.optim.AdamW, lr=1e-3)`` does.
    schedule
        Takes the optimiser and ``steps=``, those of the whole run; None keeps the rate.
    ema
        Decay of the averaged weights, with which is validated; None keeps no average.
    augmentation
        Takes audio and labels of a training batch and returns both, changed.
    train_metrics
        Whether the metrics are kept of the training batches too.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        loss: Callable[..., Tensor],
        metrics: Mapping[str, Metric] | None = None,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        schedule: Callable[..., LRScheduler] | None = None,
        ema: float | None = None,
        augmentation: nn.Module | None = None,
        train_metrics: bool = False,
    ) -> None:
        super().__init__()
        self.network, self.loss = network, loss
        self.average = None if ema is None else averaged(network)
        self.augmentation = augmentation
        self._ema, self._optimizer, self._schedule = ema, optimizer, schedule
        given = dict(metrics or {})
        self.stages = nn.ModuleDict(
            {
                "of_train": Streaming(given if train_metrics else {}),  # a module has a `train`
                "of_val": Streaming(given),
                "of_test": Streaming(given),
            }
        )

    @property
    def evaluated(self) -> nn.Module:
        """Return the network that is validated and exported: the averaged one, if there is one."""
        return self.network if self.average is None else self.average

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_current_fx_name":  # set fifty times a step, and never a part of the network
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def forward(self, audio: Tensor) -> Any:
        """Return the answer of the network that is in use: trained or validated."""
        return (self.network if self.training else self.evaluated)(audio)

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and what the metrics are updated with.

        ``stage`` is ``train``, ``val`` or ``test``.
        """
        answer = self(batch["audio"])
        return self.loss(answer, batch["labels"]), {"preds": answer, "target": batch["labels"]}

    def training_step(self, batch: Mapping[str, Any], batch_idx: int) -> Tensor:
        """Return the loss of a batch, augmented."""
        if self.augmentation is not None:
            audio, labels = self.augmentation(batch["audio"], batch["labels"])
            batch = {**batch, "audio": audio, "labels": labels}
        loss, outputs = self.step(batch, "train")
        self._gathered("train").update(loss, outputs, size=len(batch["audio"]))
        self._log_step(loss)
        return loss

    def validation_step(self, batch: Mapping[str, Any], batch_idx: int) -> None:
        """Take a batch of the validation split in."""
        self._take_in(batch, "val")

    def test_step(self, batch: Mapping[str, Any], batch_idx: int) -> None:
        """Take a batch of the test split in."""
        self._take_in(batch, "test")

    def predict_step(self, batch: Mapping[str, Any], batch_idx: int) -> Any:
        """Return the answer to a batch."""
        return self(batch["audio"])

    def on_train_epoch_end(self) -> None:
        """Log the figures of an epoch."""
        self._log_stage("train")

    def on_validation_epoch_end(self) -> None:
        """Log the figures of the validation split."""
        self._log_stage("val")

    def on_test_epoch_end(self) -> None:
        """Log the figures of the test split."""
        self._log_stage("test")

    def configure_optimizers(self) -> Any:
        """Return the optimiser, with its schedule over all steps of the run."""
        optimizer = self._optimizer(p for p in self.network.parameters() if p.requires_grad)
        if self._schedule is None:
            return optimizer
        steps = int(min(self.trainer.estimated_stepping_batches, 2**31))  # a run may have no end
        schedule = self._schedule(optimizer, steps=steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def configure_callbacks(self) -> list[Callback]:
        """Return what keeps the average."""
        return [] if self._ema is None else [Averaging(self._ema)]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the training split's figures have gathered in this epoch."""
        checkpoint[_METRICS] = self._gathered("train").states()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the figures of a begun epoch."""
        rank = self.trainer.global_rank
        self._gathered("train").restore(checkpoint.get(_METRICS, {}), rank=rank)

    def _gathered(self, stage: str) -> Streaming:
        found = self.stages[f"of_{stage}"]
        assert isinstance(found, Streaming)
        return found

    def _take_in(self, batch: Mapping[str, Any], stage: str) -> None:
        loss, outputs = self.step(batch, stage)
        self._gathered(stage).update(loss, outputs, size=len(batch["audio"]))

    def _log_stage(self, stage: str) -> None:
        gathered = self._gathered(stage)
        if not gathered.loss.update_count:
            return
        figures = {f"{stage}/{name}": value for name, value in gathered.compute().items()}
        gathered.reset()
        self.log_dict(figures, prog_bar=False)  # already of all processes: torchmetrics joins them

    def _log_step(self, loss: Tensor) -> None:
        trainer = self.trainer
        last = trainer.accumulate_grad_batches - 1
        batch = trainer.fit_loop.epoch_loop.batch_idx
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
        if batch % trainer.accumulate_grad_batches != last or (trainer.global_step + 1) % every:
            return
        value = loss.item()
        for logger in trainer.loggers:
            logger.log_metrics({"step/loss": value}, step=trainer.global_step)
