"""What learns vectors, and what is measured of them while it does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torchmetrics import Metric

from audioml.train.features import SpectralModule

from ..figures import keep
from .loss import contrastive
from .nearness import are_liked, are_near
from .plots import draw_plane, names_of
from .retrieval import Retrieval

__all__ = ["Contrastive", "VectorModule"]

_FACTS = ("row", "start", "keys", "classes", "liked")


class VectorModule(SpectralModule):
    """Learns vectors from the batches of `PairedData`; a subclass has `loss_of`.

    Measured is how well windows that are near are found by their vectors' cosines.

    Parameters
    ----------
    network
        Gives the vectors by its method ``vectors``.
    by_class, by_listening
        Whether it is also measured how well recordings of the same class are found, and such as
        the same users like.
    more
        As `SpectralModule` takes it.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        by_class: bool = False,
        by_listening: bool = False,
        **more: Any,
    ) -> None:
        metrics: dict[str, Metric] = {"retrieval": Retrieval()}
        if by_class:
            metrics["classes"] = Retrieval("classes")
        if by_listening:
            metrics["liked"] = Retrieval("liked")
        super().__init__(network, metrics=metrics, **more)

    def loss_of(
        self, network: Any, vectors: Tensor, batch: Mapping[str, Any], stage: str
    ) -> Tensor:
        """Return the loss of the vectors of a batch, by the network that made them."""
        raise NotImplementedError

    def step(self, batch: Mapping[str, Any], stage: str) -> tuple[Tensor, dict[str, Any]]:
        """Return the loss of a batch, and the unit vectors of what is not padded."""
        spectra, _ = self.spectra(batch, stage)
        network: Any = self.network if self.training else self.evaluated
        vectors = network.vectors(spectra)
        loss = self.loss_of(network, vectors, batch, stage)
        if stage == "train":
            return loss, {}
        whole = ~batch["padded"]
        facts = {name: batch[name][whole] for name in _FACTS}
        return loss, {"vectors": nn.functional.normalize(vectors[whole], dim=1), **facts}

    def on_test_epoch_end(self) -> None:
        """Log the figures, and keep them for a plot and for the export."""
        retrieval: Any = self._gathered("test").metrics["retrieval"]
        found = retrieval.kept() if retrieval.update_count else None
        super().on_test_epoch_end()
        if found is None:
            return
        logged = {n: float(v) for n, v in self.trainer.callback_metrics.items()}
        figures = {
            name.removeprefix("test/"): value
            for name, value in logged.items()
            if name.startswith("test/") and math.isfinite(value)
        }
        vectors, facts = found
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        names = names_of(data.prepared.filter(split="test"), facts["row"][:, 0].tolist())
        keep(self.trainer, {"figures": figures}, {"embeddings": draw_plane(vectors.cpu(), names)})


class Contrastive(VectorModule):
    """Learns vectors that are near each other where the batch says so, see `contrastive`.

    Parameters
    ----------
    network
        An `Embedder`.
    temperature
        Of the loss.
    more
        As `VectorModule` takes it.
    """

    def __init__(self, network: nn.Module, *, temperature: float, **more: Any) -> None:
        super().__init__(network, loss=contrastive, **more)
        self.temperature = temperature

    def loss_of(
        self, network: Any, vectors: Tensor, batch: Mapping[str, Any], stage: str
    ) -> Tensor:
        """Return the contrastive loss of the projected vectors."""
        near = are_near(batch, batch) | are_liked(batch, batch)
        return self.loss(network.projection(vectors), near, temperature=self.temperature)
