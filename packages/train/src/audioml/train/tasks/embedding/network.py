"""The network of an embedding, and the head that only training needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn

from audioml.train.networks import Encoder, Headed

__all__ = ["Embedder"]

_COMPARED = 64


class Embedder(Headed):
    """Takes spectrograms, shape (batch, n_mels, frames), and returns unit vectors (batch, size).

    The numbers of the encoder's linear layer are centred and scaled by what they were in
    training, so that vectors of unlike sounds point away from each other. The loss looks at a
    projection of them, which is no part of the model: what is left before it serves other
    questions better (Chen et al. 2020, sec. 4.2).

    Parameters
    ----------
    encoder
        Makes a vector of a spectrogram.
    outputs
        Numbers of a vector.
    """

    def __init__(self, encoder: Encoder, outputs: int) -> None:
        super().__init__(encoder, outputs)
        self.centred = nn.BatchNorm1d(outputs, affine=False)
        self.projection = nn.Sequential(
            nn.Linear(outputs, outputs), nn.ReLU(), nn.Linear(outputs, _COMPARED)
        )

    @classmethod
    def of(cls, shape: tuple[int, int], outputs: int, network: Mapping[str, Any]) -> Embedder:
        """Return a network for windows of (n_mels, frames), as ``task.network`` says."""
        return cast("Embedder", super().of(shape, outputs, network))

    def vectors(self, spectra: Tensor) -> Tensor:
        """Return vectors of any length, float32, shape (batch, size)."""
        found: Tensor = self.centred(super().forward(spectra))
        return found

    def forward(self, spectra: Tensor) -> Tensor:
        """Return a unit vector for each spectrogram."""
        return nn.functional.normalize(self.vectors(spectra), dim=1)
