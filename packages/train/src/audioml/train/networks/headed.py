"""An encoder with a linear layer on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from audioml.core.errors import UsageError

from .conv import Encoder

__all__ = ["Headed"]


class Headed(nn.Module):
    """Takes spectrograms, shape (batch, n_mels, frames), and returns (batch, outputs)."""

    def __init__(self, encoder: Encoder, outputs: int) -> None:
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.width, outputs)

    @classmethod
    def of(cls, shape: tuple[int, int], outputs: int, network: Mapping[str, Any]) -> Headed:
        """Return a network for windows of (n_mels, frames), as ``task.network`` says.

        Raises
        ------
        UsageError
            If a window has fewer frames than the blocks halve away, or a setting is unknown.
        """
        bands, frames = shape
        try:
            encoder = Encoder(bands, **{str(name): value for name, value in network.items()})
        except TypeError as error:
            raise UsageError(f"task.network: {error}") from error
        if frames < encoder.least_frames:
            raise UsageError(
                f"a window of {frames} frames is too short for a network of depth "
                f"{encoder.depth}, which needs {encoder.least_frames}: give a longer task.window, "
                "a smaller task.features.hop_length or a smaller task.network.depth"
            )
        return cls(encoder, outputs)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return the numbers of each spectrogram."""
        answer: Tensor = self.head(self.encoder(spectra))
        return answer
