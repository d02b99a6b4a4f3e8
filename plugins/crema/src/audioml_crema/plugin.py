"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the chord model, its stages, and its training."""
    yield Component(
        "model",
        "crema-chord",
        "audioml_crema.model:CHORD",
        "170 chords with inversions: crema's convolutional-recurrent estimator",
        task="chord",
    )
    yield Component(
        "extractor",
        "crema-hcqt",
        "audioml_crema.features:HCQT",
        "harmonic constant-Q spectrogram: 2 x 6 octaves of 36 bins at 44.1 kHz, in dB",
    )
    yield Component(
        "backend",
        "crema",
        "audioml_crema.session:CremaBackend",
        "crema's chord network in numpy",
    )
    yield Component(
        "decoder",
        "crema-chord",
        "audioml_crema.decoder:ChordDecoder",
        "chords from crema's heads: Viterbi, confidences and inversions",
    )
    yield Component(
        "task",
        "chords",
        "audioml_crema.training.task:Chords",
        "crema's chord network, on recordings with chord labels or rendered ones",
        needs=("audioml-train", "mir_eval"),
    )
