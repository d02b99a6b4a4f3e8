"""How far a network's answers are from what was played."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

__all__ = ["Loss"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Binary cross-entropies, weighted.

    There are a hundred frames of silence to one with an onset, and velocities count only at
    onsets; so a velocity's share of the gradient would be a hundred times that of an onset.
    """

    onset: float = 2.0
    offset: float = 1.0
    frame: float = 1.0
    velocity: float = 0.1
    pedal: float = 0.1
    masked: bool = False

    def __call__(
        self, answers: tuple[Tensor, Tensor], notes: Tensor, mask: Tensor, pedal: Tensor
    ) -> dict[str, Tensor]:
        """Return each part and ``loss``, their sum.

        Parameters
        ----------
        answers
            Logits of shapes (batch, 4, frames, 88) and (batch, 3, frames).
        notes
            Targets, shape (batch, 5, frames, 88): onset, offset, frame, velocity, and where a
            velocity counts.
        mask
            Where targets are known, shape (batch, frames, 88).
        pedal
            Its targets, shape (batch, 3, frames).
        """
        found, pressed = answers[0].float(), answers[1].float()
        each = functional.binary_cross_entropy_with_logits(found, notes[:, :4], reduction="none")
        parts: dict[str, Tensor] = {}
        for at, name in enumerate(("onset", "offset", "frame")):
            part = each[:, at]
            counted = (part * mask).sum() / mask.sum().clamp(min=1) if self.masked else part.mean()
            parts[name] = counted
        struck = notes[:, 4]
        parts["velocity"] = (each[:, 3] * struck).sum() / struck.sum().clamp(min=1)
        parts["pedal"] = functional.binary_cross_entropy_with_logits(pressed, pedal)
        total = sum((getattr(self, name) * part for name, part in parts.items()), 0 * found.sum())
        return {"loss": total, **parts}
