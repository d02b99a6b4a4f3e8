"""What learns numbers, and what is measured of it while it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MeanAbsoluteError, MeanSquaredError, Metric, R2Score
from torchmetrics.wrappers import ClasswiseWrapper

from audioml.core.errors import UsageError
from audioml.train.features import SpectralModule

from ..figures import keep
from .plots import draw_scatter
from .thinned import Thinned

__all__ = ["Regressor"]

_LOSSES = {"huber": nn.HuberLoss, "mse": nn.MSELoss, "mae": nn.L1Loss}


class Regressor(SpectralModule):
    """Numbers of windows, learnt as how many standard deviations they are from their means.

    The figures are in the numbers' own units: mean absolute error, root of the mean squared error,
    and the share of the variance that is explained (R2).

    Parameters
    ----------
    network
        Gives a number for each name.
    names
        What the numbers are called.
    mean, scale
        Of the training split.
    loss
        ``huber`` (Huber 1964), ``mse`` or ``mae``.
    more
        As `SpectralModule` takes it.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        names: Sequence[str],
        mean: Sequence[float],
        scale: Sequence[float],
        loss: str = "huber",
        **more: Any,
    ) -> None:
        if loss not in _LOSSES:
            raise UsageError(f"'task.loss' must be one of {', '.join(_LOSSES)}, got {loss!r}")
        super().__init__(network, loss=_LOSSES[loss](), metrics=_metrics(names), **more)
        self.names = tuple(names)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        self._points = Thinned(4000)

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and answers and targets in their own units."""
        spectra, wanted = self.spectra(batch, stage)
        standard = self.answered(spectra)
        loss: Tensor = self.loss(standard, (wanted - self.mean) / self.scale)
        answers = standard.detach().float() * self.scale + self.mean
        if stage == "test":
            self._points.add(torch.stack([wanted, answers], 1).cpu())
        if len(self.names) == 1:
            answers, wanted = answers[:, 0], wanted[:, 0]
        return loss, {"preds": answers, "target": wanted}

    def on_test_epoch_end(self) -> None:
        """Log the figures, and keep them for plots and export."""
        super().on_test_epoch_end()
        points, self._points = self._points.rows(), Thinned(4000)
        if not len(points):
            return
        found = {n: float(v) for n, v in self.trainer.callback_metrics.items()}
        figures = {n.removeprefix("test/"): v for n, v in found.items() if n.startswith("test/")}
        plots = {
            f"scatter_{name}": draw_scatter(points[:, 0, at], points[:, 1, at], name)
            for at, name in enumerate(self.names)
        }
        keep(self.trainer, {"figures": figures}, plots)


class _Each(ClasswiseWrapper):
    """A metric of several numbers, as figures by their names."""

    def compute(self) -> dict[str, Tensor]:
        """Return the figure of each number."""
        return dict(zip(self.labels or (), self.metric.compute(), strict=True))


def _metrics(names: Sequence[str]) -> dict[str, Metric]:
    if len(names) == 1:
        return {
            "mae": MeanAbsoluteError(),
            "rmse": MeanSquaredError(squared=False),
            "r2": R2Score(),
        }
    count = len(names)
    each: dict[str, Metric] = {
        "mae": MeanAbsoluteError(num_outputs=count),
        "rmse": MeanSquaredError(squared=False, num_outputs=count),
        "r2": R2Score(multioutput="raw_values"),
    }
    return {n: _Each(metric, labels=list(names)) for n, metric in each.items()}
