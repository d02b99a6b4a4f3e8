"""librosa's features as extractors: parameters go in under librosa's names, its numbers come out.

``mel(n_mels=64)(audio)`` holds what ``librosa.feature.melspectrogram(y=y, sr=22050, n_mels=64)``
returns. The whole signal is one row, because librosa pads and normalises over the whole signal;
a stream therefore keeps the sound until it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audioml.core.errors import AudioError, UsageError
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio, Rows

__all__ = ["Feature", "FeatureStream", "chroma", "cqt", "mel", "mfcc"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Feature(FeatureExtractor):
    """One feature of librosa, computed over the whole signal.

    Parameters
    ----------
    name
        Name of the tensor: float32, shape (1, ..., t), or (1, channels, ..., t) where the sound
        has several channels.
    compute
        Called as ``compute(y, sr=rate, **params)``, y float32 of shape (n,) or (channels, n).
    rate
        Sample rate in Hz.
    params
        Keyword arguments under librosa's own names.
    """

    name: str
    compute: Callable[..., Array]
    rate: int
    params: Mapping[str, Any] = field(default_factory=dict)
    window: None = None
    hop: None = None

    def stream(self) -> FeatureStream:
        """Return a stream that keeps the blocks and answers when it finishes."""
        return FeatureStream(self)

    def compute_row(self, audio: Audio, /) -> Rows:
        """Return the one row of a whole signal.

        Raises
        ------
        AudioError
            If there are no samples.
        UsageError
            If librosa does not take the parameters.
        """
        import librosa

        if audio.samples.shape[1] == 0:
            raise AudioError("the audio holds no samples")
        y = audio.samples[0] if audio.channels == 1 else audio.samples
        try:
            values = self.compute(y, sr=self.rate, **self.params)
        except (TypeError, librosa.ParameterError) as error:
            raise UsageError(
                f"librosa cannot compute {self.name!r} with {dict(self.params)}: {error}"
            ) from error
        return Rows({self.name: values[np.newaxis]}, np.array([audio.start]))


class FeatureStream:
    """Keeps a signal until it ends: a feature of librosa is one of the whole."""

    def __init__(self, feature: Feature) -> None:
        self._feature = feature
        self._blocks: list[Audio] = []

    def push(self, audio: Audio, /) -> Rows:
        """Return no rows yet.

        Raises
        ------
        AudioError
            If the block is at another rate.
        """
        if audio.rate != self._feature.rate:
            raise AudioError(
                f"librosa-{self._feature.name} takes audio at {self._feature.rate} Hz, "
                f"got {audio.rate} Hz; resample it, or make the extractor with sr={audio.rate}"
            )
        self._blocks.append(audio)
        return _NO_ROWS

    def finish(self) -> Rows:
        """Return the row of everything pushed; none if nothing was."""
        blocks = self._blocks
        self.reset()
        if not blocks:
            return _NO_ROWS
        samples = np.concatenate([b.samples for b in blocks], axis=1)
        return self._feature.compute_row(Audio(samples, blocks[0].rate, blocks[0].start))

    def reset(self) -> None:
        """Forget everything: the next block begins a new signal."""
        self._blocks = []


_NO_ROWS = Rows({}, np.zeros(0))


def mel(*, sr: int = 22050, **params: Any) -> Feature:
    """Return the extractor of ``librosa.feature.melspectrogram``: power, shape (1, n_mels, t)."""
    return Feature("mel", _mel, sr, params)


def cqt(*, sr: int = 22050, **params: Any) -> Feature:
    """Return the extractor of ``abs(librosa.cqt)``: magnitudes, shape (1, n_bins, t).

    The phase is left out: the models that read a tensor read real numbers.
    """
    return Feature("cqt", _cqt, sr, params)


def chroma(*, sr: int = 22050, **params: Any) -> Feature:
    """Return the extractor of ``librosa.feature.chroma_cqt``: [0, 1], shape (1, n_chroma, t)."""
    return Feature("chroma", _chroma, sr, params)


def mfcc(*, sr: int = 22050, **params: Any) -> Feature:
    """Return the extractor of ``librosa.feature.mfcc``, shape (1, n_mfcc, t)."""
    return Feature("mfcc", _mfcc, sr, params)


def _mel(y: Array, *, sr: int, **params: Any) -> Array:
    import librosa

    return np.asarray(librosa.feature.melspectrogram(y=y, sr=sr, **params))


def _cqt(y: Array, *, sr: int, **params: Any) -> Array:
    import librosa

    return np.asarray(np.abs(librosa.cqt(y=y, sr=sr, **params)))


def _chroma(y: Array, *, sr: int, **params: Any) -> Array:
    import librosa

    return np.asarray(librosa.feature.chroma_cqt(y=y, sr=sr, **params))


def _mfcc(y: Array, *, sr: int, **params: Any) -> Array:
    import librosa

    return np.asarray(librosa.feature.mfcc(y=y, sr=sr, **params))
