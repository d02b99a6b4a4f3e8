"""Mixes examples of a batch, and their labels (Zhang et al. 2018, mixup)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from audioml.core.errors import UsageError

from .augmentor import BatchAugmentor
from .draws import Draws
from .fourier import per_example
from .labels import Labels, moved

__all__ = ["Mixup"]


class Mixup(BatchAugmentor):
    """Adds another example of the batch to an example, and its labels to the labels.

    Parameters
    ----------
    alpha
        Of the beta distribution of the shares: 0.2 mixes little, 1 any share as often.
    classes
        How many there are, where labels are class numbers; they become scores, for all examples.
    blend
        ``share``: labels mix as the sound does. ``union``: what is in either is in both, as of
        sounds that are heard together.
    """

    whole_batch = True

    def __init__(
        self,
        *,
        alpha: float = 0.2,
        classes: int | None = None,
        blend: Literal["share", "union"] = "share",
        p: float = 0.5,
        seed: int = 0,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(p=p, seed=seed, kinds=kinds)
        if alpha <= 0:
            raise UsageError(f"'alpha' must be a number above 0, got {alpha!r}")
        if blend not in ("share", "union"):
            raise UsageError(f"'blend' must be share or union, got {blend!r}")
        self.alpha, self.classes, self.blend = float(alpha), classes, blend

    def change_all(
        self, audio: Tensor, labels: Labels, picked: Tensor, draws: Draws
    ) -> tuple[Tensor, Labels]:
        """Return the mixtures."""
        share = draws.beta(self.alpha, len(audio))
        share = torch.maximum(share, 1.0 - share)  # the example itself is the louder one
        share = torch.where(picked.to(audio.device), share, 1.0)
        order = draws.order(len(audio))
        mixed = torch.lerp(audio[order], audio, per_example(share, audio))

        def blended(values: Tensor) -> Tensor:
            values = self._scores(values)
            where, by = order.to(values.device), per_example(share, values).to(values)
            other = values[where]
            if self.blend == "union":
                return torch.where(by < 1.0, torch.maximum(values, other), values)
            return torch.lerp(other, values, by)

        def refused(values: Tensor) -> Tensor:
            raise UsageError(
                "only class scores and frame labels can be mixed, got a table of notes or events "
                "or frequencies; make frame labels of it first"
            )

        mixing = dict.fromkeys(("classes", "roll", "frames"), blended)
        refusing = dict.fromkeys(("notes", "events", "f0"), refused)
        return mixed, moved(labels, self.kinds, {**mixing, **refusing})

    def _scores(self, values: Tensor) -> Tensor:
        if values.is_floating_point():
            return values
        if values.ndim > 1:
            return values.float()
        if self.classes is None:
            raise UsageError("class numbers can be mixed only as scores: give Mixup classes=N")
        return torch.nn.functional.one_hot(values.long(), self.classes).float()
