"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the stages of a piano transcriber, and the one that comes with this build."""
    if Path(__file__).with_name("model").joinpath("model.json").is_file():
        yield Component(
            "estimator",
            "piano-notes",
            "audioml_transcription.shipped:piano_notes",
            "piano notes with velocities, and the sustain pedal",
            task="notes",
        )
    yield Component(
        "extractor",
        "harmonic-spectra",
        "audioml_transcription.features:HarmonicSpectra",
        "two spectra of three bins a semitone every 20 ms, at 16 kHz",
    )
    yield Component(
        "decoder",
        "piano-notes",
        "audioml_transcription.decoder:NoteDecoder",
        "notes with velocities, and the sustain pedal",
    )
