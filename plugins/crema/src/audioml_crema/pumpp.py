"""Feature extractors of pumpp, crema's own toolbox, at work as extractors of audioml.

>>> import pumpp  # doctest: +SKIP
>>> from audioml_crema.pumpp import PumppExtractor  # doctest: +SKIP
>>> PumppExtractor(pumpp.feature.Mel("mel", 22050, 512))  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError, UsageError
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio, Rows

__all__ = ["PumppExtractor"]


class PumppExtractor(FeatureExtractor):
    """Runs a feature extractor of pumpp, or those of a ``Pump``; one row for a whole signal.

    The tensors are the ones of the object's own ``transform(y, sr)``. A streamed signal is kept
    until its end. The tasks of a ``Pump``, which read annotations, are left out.

    Parameters
    ----------
    pump
        A ``pumpp.feature`` object or a ``pumpp.Pump``, made by the caller. Nothing is unpickled.
    names
        Names of pumpp, such as ``cqt/mag``, to names of the tensors; the others stay.

    Raises
    ------
    UsageError
        If the object has no feature extractors.
    """

    window: float | None = None

    def __init__(self, pump: Any, *, names: Mapping[str, str] | None = None) -> None:
        found = [op for op in getattr(pump, "ops", [pump]) if hasattr(op, "transform_audio")]
        if not found:
            raise UsageError(
                f"{type(pump).__name__} has no feature extractors; "
                "expected a pumpp.feature object or a pumpp.Pump with some"
            )
        self.rate: int | None = _shared(op.sr for op in found)
        self.hop: float | None = _shared(op.hop_length / op.sr for op in found)
        self._features = found
        self._names = dict(names or {})

    def stream(self) -> _Whole:
        """Return a new stream."""
        return _Whole(self)

    def rows(self, samples: NDArray[np.float32], rate: int, start: float) -> Rows:
        """Return the one row of mono samples, float32, shape (n,)."""
        tensors = {}
        for feature in self._features:
            for name, tensor in feature.transform(samples, rate).items():
                tensors[self._names.get(name, name)] = tensor
        return Rows(tensors, np.array([start]))


class _Whole:
    """Collects a signal."""

    def __init__(self, extractor: PumppExtractor) -> None:
        self._extractor = extractor
        self.reset()

    def reset(self) -> None:
        self._blocks: list[Audio] = []

    def push(self, audio: Audio, /) -> Rows:
        if audio.channels != 1 or self._extractor.rate not in (None, audio.rate):
            raise AudioError(
                f"pumpp takes mono at {self._extractor.rate or 'any'} Hz, got {audio.channels} "
                f"channel(s) at {audio.rate} Hz; conform() the audio first"
            )
        self._blocks.append(audio)
        return Rows({}, np.empty(0))

    def finish(self) -> Rows:
        blocks = self._blocks
        self.reset()
        if not blocks:
            return Rows({}, np.empty(0))
        samples = np.concatenate([block.samples[0] for block in blocks])
        return self._extractor.rows(samples, blocks[0].rate, blocks[0].start)


def _shared(values: Iterable[Any]) -> Any:
    """Return what all values are, or None where they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None
