"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the model, its stages, and the task that trains it."""
    yield Component(
        "model",
        "piano-notes",
        "audioml_transcription.shipped:PIANO_NOTES",
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
    yield Component(
        "task",
        "transcription",
        "audioml_transcription.task.task:Transcription",
        "what a piano plays: notes with velocities, and the sustain pedal",
    )
