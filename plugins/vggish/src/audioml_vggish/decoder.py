"""From the network's numbers to embeddings: as they are, whitened, or in eight bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import UsageError, ValidationError
from audioml.core.values import Frames, Prediction, Tensors

from .graph import EMBEDDING, WHITENED

__all__ = ["OUTPUTS", "POOLS", "VGGishDecoder", "eight_bits"]

Output = Literal["raw", "pca", "uint8"]
Pool = Literal["none", "mean", "max"]
OUTPUTS = ("raw", "pca", "uint8")
POOLS = ("none", "mean", "max")
_LIMIT = 2.0  # whitened numbers beyond it are rare


def eight_bits(whitened: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return whitened numbers in eight bits: -2 is 0 and 2 is 255, and fractions are cut off."""
    clipped = np.clip(whitened, -_LIMIT, _LIMIT)
    return np.asarray((clipped + _LIMIT) * (255.0 / (2 * _LIMIT))).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class VGGishDecoder:
    """Returns ``embedding``: frames of 128 numbers, one for each example or one for all.

    Parameters
    ----------
    output
        ``raw``: float32, the network's own numbers, none below zero. ``pca``: float64, whitened.
        ``uint8``: whitened and in eight bits, as the embeddings of AudioSet were released. By
        default ``uint8`` where the model has PCA parameters, otherwise ``raw``.
    pool
        ``mean`` or ``max`` of all examples makes one vector for the whole recording, before it is
        put into eight bits; ``none`` keeps one for each example.
    hop
        Seconds from one example to the next, as the extractor has it.

    Raises
    ------
    ValidationError
        If a parameter is not as above.
    """

    output: Output | None = None
    pool: Pool = "none"
    hop: float = 0.96

    def __post_init__(self) -> None:
        if self.output not in (*OUTPUTS, None):
            raise ValidationError(f"'output' must be one of {OUTPUTS}, got {self.output!r}")
        if self.pool not in POOLS:
            raise ValidationError(f"'pool' must be one of {POOLS}, got {self.pool!r}")

    def __call__(
        self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float
    ) -> Prediction:
        """Return the embeddings of examples that begin at ``starts``."""
        if self.pool != "none" and len(starts):
            pooling = _Pooling(self)
            pooling.push(outputs, starts=starts, end=end)
            return pooling.finish(end=end)
        start = float(starts[0]) if len(starts) else 0.0
        return self.answer(self.numbers(outputs), self.hop, start)

    def stream(self) -> _Each | _Pooling:
        """Return a new stream: it answers as it goes, or at the end where it pools."""
        return _Each(self) if self.pool == "none" else _Pooling(self)

    def numbers(self, outputs: Tensors) -> NDArray[Any]:
        """Return what is wanted of the network's outputs, not yet in eight bits.

        Raises
        ------
        UsageError
            If that needs PCA parameters and the model has none.
        """
        if self.output == "raw" or (self.output is None and WHITENED not in outputs):
            return outputs[EMBEDDING]
        if WHITENED not in outputs:
            raise UsageError(
                f"output {self.output!r} needs PCA parameters, which this model was imported "
                "without; ask for 'raw', or import it with vggish_pca_params.npz"
            )
        return outputs[WHITENED]

    def answer(self, numbers: NDArray[Any], hop: float, start: float) -> Prediction:
        """Return numbers as a prediction, in eight bits where that is wanted."""
        whitened = numbers.dtype == np.float64
        if self.output == "uint8" or (self.output is None and whitened):
            numbers = eight_bits(numbers)
        return Prediction({"embedding": Frames(numbers, hop, start)})


class _Each:
    """Answers for each example as it comes."""

    def __init__(self, decoder: VGGishDecoder) -> None:
        self._decoder = decoder

    def push(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        """Return the embeddings of these examples."""
        return self._decoder(outputs, starts=starts, end=end)

    def finish(self, *, end: float) -> Prediction:
        """Return nothing: everything is answered."""
        return Prediction()


class _Pooling:
    """Makes one vector of all examples, the same however they come."""

    def __init__(self, decoder: VGGishDecoder) -> None:
        self._decoder = decoder
        self._pooled: NDArray[Any] | None = None
        self._count = 0
        self._start = 0.0

    def push(self, outputs: Tensors, /, *, starts: NDArray[np.float64], end: float) -> Prediction:
        """Take these examples in; there is nothing to answer yet."""
        numbers = self._decoder.numbers(outputs)
        add = np.maximum if self._decoder.pool == "max" else np.add
        for row, start in zip(numbers, starts, strict=True):
            if self._pooled is None:
                self._pooled, self._start = row.astype(np.float64), float(start)
                self._dtype = row.dtype
            else:
                add(self._pooled, row, out=self._pooled)
            self._count += 1
        return Prediction()

    def finish(self, *, end: float) -> Prediction:
        """Return the one vector, as a frame that lasts from the first example to the end."""
        if self._pooled is None:
            return Prediction()
        pooled = self._pooled / (self._count if self._decoder.pool == "mean" else 1)
        hop = max(end - self._start, self._decoder.hop)
        return self._decoder.answer(pooled[np.newaxis].astype(self._dtype), hop, self._start)
