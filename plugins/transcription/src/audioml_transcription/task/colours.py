"""The augmentation that the shipped model is trained with, as `audioml.train` takes it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..training.augment import Augmentation

__all__ = ["Colours"]


class Colours(nn.Module):
    """Another microphone, room, noise and level for each segment; what is played stays as it is.

    It draws from torch's own random numbers, which the loop seeds for each step.

    Parameters
    ----------
    given
        See `Augmentation`.
    """

    def __init__(self, **given: float) -> None:
        super().__init__()
        self._change = Augmentation(**given)

    @torch.no_grad()
    def forward(self, audio: Tensor, labels: Any) -> tuple[Tensor, Any]:
        """Return the batch with its sound changed."""
        if not self.training:
            return audio, labels
        generator = torch.Generator(audio.device)
        generator.manual_seed(int(torch.randint(2**62, ())))
        with torch.autocast(audio.device.type, enabled=False):
            return self._change(audio.float(), generator), labels
