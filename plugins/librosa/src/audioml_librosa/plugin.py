"""What this plugin offers, as data: librosa is imported when a component first hears sound."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]

_FEATURES = {
    "mel": "mel spectrogram of the whole signal, librosa's",
    "cqt": "constant-Q magnitudes of the whole signal, librosa's",
    "chroma": "constant-Q chromagram of the whole signal, librosa's",
    "mfcc": "mel-frequency cepstral coefficients of the whole signal, librosa's",
}
_ESTIMATORS = {
    "beat": ("Beat", "beats and their tempo by dynamic programming, librosa's"),
    "tempo": ("Tempo", "one tempo for the whole signal, librosa's"),
    "onset": ("Onset", "where notes begin, by spectral flux, librosa's"),
}


@hookimpl
def components() -> Iterator[Component]:
    """Return the extractors and the estimators."""
    for name, summary in _FEATURES.items():
        yield Component(
            "extractor",
            f"librosa-{name}",
            f"audioml_librosa.features:{name}",
            summary,
            needs=("librosa",),
        )
    for name, (attribute, summary) in _ESTIMATORS.items():
        yield Component(
            "estimator",
            f"librosa-{name}",
            f"audioml_librosa.estimators:{attribute}",
            summary,
            needs=("librosa",),
            task=name,
        )
