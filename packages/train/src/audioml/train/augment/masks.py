"""Stripes of a spectrogram left out, in time or in frequency (Park et al. 2019, SpecAugment)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .labels import Labels, moved

__all__ = ["FrequencyMask", "TimeMask"]

Fill = Literal["mean", "least"] | float


class _Mask(BatchAugmentor):
    axis = -1

    def __init__(
        self,
        *,
        stripes: int = 2,
        share: float = 0.1,
        fill: Fill = "mean",
        p: float = 0.5,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(p=p, seed=seed, kinds=kinds)
        if not 0.0 <= share <= 1.0:
            raise UsageError(f"'share' must be a share of the axis from 0 to 1, got {share!r}")
        if isinstance(fill, str) and fill not in ("mean", "least"):
            raise UsageError(f"'fill' must be mean, least or a number, got {fill!r}")
        self.stripes, self.share, self.fill = int(stripes), float(share), fill

    def change(self, audio: Tensor, labels: Labels, draws: Draws) -> tuple[Tensor, Labels]:
        """Return the spectrograms with stripes left out."""
        if audio.ndim < 3:
            raise UsageError(
                f"spectrograms must have shape (batch, ..., frames, bands), got "
                f"{tuple(audio.shape)}"
            )
        wide = draws.uniform(0.0, self.share, len(audio), self.stripes)
        first = draws.uniform(0.0, 1.0, len(audio), self.stripes) * (1.0 - wide)
        shape = [1] * audio.ndim
        shape[0], shape[self.axis] = len(audio), audio.shape[self.axis]
        hidden = _hidden(first, wide, shape[self.axis]).view(shape)
        return torch.where(hidden, self._filling(audio), audio), self._marked(labels, first, wide)

    def _filling(self, audio: Tensor) -> Tensor:
        axes = tuple(range(1, audio.ndim))
        if self.fill == "mean":
            return audio.mean(axes, keepdim=True)
        if self.fill == "least":
            return audio.amin(axes, keepdim=True)
        return audio.new_tensor(float(self.fill))

    def _marked(self, labels: Labels, first: Tensor, wide: Tensor) -> Labels:
        return labels


class TimeMask(_Mask):
    """Leaves out stretches of time.

    Parameters
    ----------
    stripes
        How many, for each example; they may overlap.
    share
        The longest, as a share of all frames.
    fill
        What stands there: the example's ``mean``, its ``least`` number, or a number.
    labels
        ``keep`` what was there, which a model shall guess then; or ``mask``: frame labels become
        ``ignored`` there.
    ignored
        The number that says so, such as 0, or -1 for a loss that leaves it out.
    """

    axis = -2

    def __init__(
        self,
        *,
        stripes: int = 2,
        share: float = 0.1,
        fill: Fill = "mean",
        labels: Literal["keep", "mask"] = "keep",
        ignored: float = 0.0,
        p: float = 0.5,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(stripes=stripes, share=share, fill=fill, p=p, seed=seed, kinds=kinds)
        if labels not in ("keep", "mask"):
            raise UsageError(f"'labels' must be keep or mask, got {labels!r}")
        self.labels, self.ignored = labels, float(ignored)

    def _marked(self, labels: Labels, first: Tensor, wide: Tensor) -> Labels:
        if self.labels == "keep":
            return labels

        def frames(values: Tensor) -> Tensor:
            hidden = _hidden(first.to(values.device), wide.to(values.device), values.shape[1])
            hidden = hidden.view(*hidden.shape, *[1] * (values.ndim - 2))
            return values.masked_fill(hidden, self.ignored)

        def table(values: Tensor) -> Tensor:
            raise UsageError(
                "a table of notes or events cannot be masked in time: make frame labels of it "
                "first, or choose labels='keep'"
            )

        moves = {"notes": table, "events": table}
        return moved(
            labels, self.kinds, {**moves, **dict.fromkeys(("roll", "frames", "f0"), frames)}
        )


class FrequencyMask(_Mask):
    """Leaves out bands of frequencies; labels stay.

    Parameters
    ----------
    stripes
        How many, for each example; they may overlap.
    share
        The widest, as a share of all bands.
    fill
        What stands there: the example's ``mean``, its ``least`` number, or a number.
    """


def _hidden(first: Tensor, wide: Tensor, count: int) -> Tensor:
    """Return which of ``count`` places the stripes hide, bool (batch, count)."""
    at = (torch.arange(count, device=first.device) + 0.5) / count
    stripes = (at >= first[..., None]) & (at < (first + wide)[..., None])
    return stripes.any(1)
