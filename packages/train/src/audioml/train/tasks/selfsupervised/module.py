"""What learns an encoder without labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ..embedding.module import VectorModule
from .loss import Regularised

__all__ = ["SelfTaught"]


class SelfTaught(VectorModule):
    """Learns that two windows of a recording are alike, whatever was done to each.

    In training these are the pairs of the batch, each augmented by itself; else they are windows
    that follow each other.

    Parameters
    ----------
    network
        A `Learner`.
    loss
        Of two views.
    more
        As `VectorModule` takes it.
    """

    def __init__(self, network: nn.Module, *, loss: Regularised, **more: Any) -> None:
        super().__init__(network, loss=loss, **more)

    def loss_of(
        self, network: Any, vectors: Tensor, batch: Mapping[str, Any], stage: str
    ) -> Tensor:
        """Return the loss of the expanded vectors."""
        seen = network.expanded(vectors)
        if stage == "train":
            one, other = seen.chunk(2)
        else:
            alike = batch["row"][1:] == batch["row"][:-1]
            one, other = seen[:-1][alike], seen[1:][alike]
        loss: Tensor = self.loss(one, other)
        return loss
