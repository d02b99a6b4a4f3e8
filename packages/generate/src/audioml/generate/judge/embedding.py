"""Vectors of sound, whose distributions are compared: of log-mel statistics, or of a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audioml.core.audio.conform import conform
from audioml.core.errors import UsageError
from audioml.core.features import LogMel
from audioml.core.stages import Estimator
from audioml.core.values import Audio, Frames

__all__ = ["LOGMEL", "Embedding", "embedding"]

LOGMEL = "logmel"
"""The embedding that needs no model."""

Embedding = Callable[[Audio], NDArray[np.float64]]
"""Takes mono sound and returns vectors, float64, shape (windows, size)."""

_WINDOW, _HOP = 1.0, 0.5  # seconds
_BANDS = 32
_FLOOR = 1e-8  # power, -80 dB: what is below is silence


def embedding(ref: str, *, rate: int) -> Embedding:
    """Return the embedding that a reference means.

    Parameters
    ----------
    ref
        ``logmel``, or whatever `audioml.core.load` takes: its first answer that is frames counts.
    rate
        Of the sound, Hz.

    Raises
    ------
    NotFoundError
        If there is no such model.
    UsageError
        If it answers with no frames of numbers.
    """
    if ref == LOGMEL:
        return _logmel(rate)
    from audioml.core import load

    model = load(ref)
    if not isinstance(model, Estimator):
        raise UsageError(f"{ref} makes sound and no embedding; name an estimator, such as vggish")
    return lambda audio: _frames(model, audio)


def _logmel(rate: int) -> Embedding:
    """Return vectors of each second: level, spread and restlessness of 32 bands, in dB."""
    features = LogMel(
        rate=rate,
        window=_WINDOW,
        hop=_HOP,
        n_fft=1024,
        hop_length=256,
        n_mels=_BANDS,
        fmin=50.0,
        amin=_FLOOR,
        pad="drop",
    )

    def embed(audio: Audio) -> NDArray[np.float64]:
        spectra = features(audio).tensors["logmel"].astype(np.float64)
        if not len(spectra):
            return np.zeros((0, 3 * _BANDS))
        parts = spectra.mean(2), spectra.std(2), np.abs(np.diff(spectra, axis=2)).mean(2)
        return np.concatenate(parts, axis=1)

    return embed


def _frames(model: Estimator, audio: Audio) -> NDArray[np.float64]:
    for value in model.predict(conform(audio, model.spec)).values():
        if isinstance(value, Frames):
            found = np.asarray(value.values, np.float64)
            return found.reshape(len(found), -1)
    raise UsageError(f"{model.spec.name} answers with no frames, so it is no embedding")
