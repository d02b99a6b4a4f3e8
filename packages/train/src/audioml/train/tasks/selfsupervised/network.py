"""The encoder, and what expands its vectors for the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn

from audioml.train.networks import Encoder, Headed

__all__ = ["Learner"]


class Learner(Headed):
    """Takes spectrograms, shape (batch, n_mels, frames), and returns the encoder's vectors.

    The loss looks at more numbers than the encoder gives, so that none need be shared between
    them (Bardes et al. 2022, sec. 4.2); what makes these is no part of the model.

    Parameters
    ----------
    encoder
        That is learnt.
    outputs
        Numbers that the loss looks at.
    """

    def __init__(self, encoder: Encoder, outputs: int) -> None:
        super().__init__(encoder, outputs)
        self.expander = nn.Sequential(
            nn.BatchNorm1d(outputs), nn.ReLU(), nn.Linear(outputs, outputs)
        )

    @classmethod
    def of(cls, shape: tuple[int, int], outputs: int, network: Mapping[str, Any]) -> Learner:
        """Return a network for windows of (n_mels, frames), as ``task.network`` says."""
        return cast("Learner", super().of(shape, outputs, network))

    def vectors(self, spectra: Tensor) -> Tensor:
        """Return the encoder's vectors, float32, shape (batch, width)."""
        found: Tensor = self.encoder(spectra)
        return found

    def expanded(self, vectors: Tensor) -> Tensor:
        """Return what the loss looks at, shape (batch, outputs)."""
        found: Tensor = self.expander(self.head(vectors))
        return found

    def forward(self, spectra: Tensor) -> Tensor:
        """Return the encoder's vectors."""
        return self.vectors(spectra)
