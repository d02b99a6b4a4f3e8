"""The decoder of models whose heads are numbers for each window, such as embeddings and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import ValidationError
from .stages import Decoder
from .values import Frames, Prediction, Tensors

__all__ = ["Windows"]

Activation = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, kw_only=True)
class Windows(Decoder):
    """Heads as they are: one `Frames` for each, a frame being a window.

    Parameters
    ----------
    hop
        Seconds from one window to the next, as the extractor has it.
    labels
        Names along the last axis of the last head, or of the head that each list is given for.
    names
        Name of a head in the model to its name in the prediction. A head that is not named here
        keeps its name; where the model has only one, it is ``scores`` with labels, else
        ``embedding``.
    activation
        ``sigmoid`` or ``softmax`` over the last axis, for heads with labels that are logits.

    Raises
    ------
    ValidationError
        If the activation is unknown; or, when called, if the labels do not fit a head.
    """

    hop: float
    labels: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    activation: Activation | None = None

    def __post_init__(self) -> None:
        if self.activation not in (None, "sigmoid", "softmax"):
            raise ValidationError(
                f"'activation' must be 'sigmoid' or 'softmax', got {self.activation!r}"
            )

    def __call__(
        self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float
    ) -> Prediction:
        """Return the heads of windows that begin at ``starts``, in seconds."""
        start = float(starts[0]) if len(starts) else 0.0
        entries = {}
        for index, (head, values) in enumerate(outputs.items()):
            labels = self._labels(head, last=index == len(outputs) - 1)
            if labels and self.activation:
                values = _ACTIVATIONS[self.activation](values)  # noqa: PLW2901
            alone = ("scores" if labels else "embedding") if len(outputs) == 1 else head
            name = self.names.get(head, alone)
            entries[name] = Frames(values, self.hop, start, labels)
        return Prediction(entries)

    def _labels(self, head: str, *, last: bool) -> tuple[str, ...]:
        if isinstance(self.labels, Mapping):
            return tuple(self.labels.get(self.names.get(head, head), ()))
        return tuple(self.labels) if last else ()


def _sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    half: NDArray[Any] = 0.5 * (1.0 + np.tanh(0.5 * logits))  # which cannot overflow
    return half


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[Any] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


_ACTIVATIONS = {"sigmoid": _sigmoid, "softmax": _softmax}
