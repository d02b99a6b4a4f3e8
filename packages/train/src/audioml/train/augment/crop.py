"""Random windows of longer examples, labels cut with them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .labels import Labels, cut

__all__ = ["RandomCrop"]


class RandomCrop(BatchAugmentor):
    """Cuts windows out of examples, at random places; those not chosen keep their beginning.

    Every example comes out ``seconds`` long, so that the batch stays one tensor; in evaluation
    mode nothing is cut. Notes that began before the window begin with it.

    Parameters
    ----------
    sample_rate
        Of the audio, in Hz.
    seconds
        Length of the windows.
    """

    whole_batch = True

    def __init__(
        self,
        *,
        sample_rate: float,
        seconds: float,
        p: float = 1.0,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(p=p, seed=seed, kinds=kinds)
        if seconds <= 0:
            raise UsageError(f"'seconds' must be a time above 0, got {seconds!r}")
        self.sample_rate, self.seconds = float(sample_rate), float(seconds)

    def change_all(
        self, audio: Tensor, labels: Labels, picked: Tensor, draws: Draws
    ) -> tuple[Tensor, Labels]:
        """Return the windows."""
        samples = audio.shape[-1]
        length = round(self.seconds * self.sample_rate)
        if length > samples:
            raise UsageError(
                f"windows of {self.seconds:g} s need {length} samples, got examples of {samples}"
            )
        starts = draws.whole(0, samples - length, len(audio)) * picked.to(audio.device)
        at = starts[:, None] + torch.arange(length, device=audio.device)
        at = at.view(len(audio), *[1] * (audio.ndim - 2), length)
        windows = torch.gather(audio, -1, at.expand(*audio.shape[:-1], length))
        labels = cut(
            labels, starts, self.kinds, length=length, samples=samples, rate=self.sample_rate
        )
        return windows, labels
