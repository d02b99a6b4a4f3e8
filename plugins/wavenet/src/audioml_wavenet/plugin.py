"""What this distribution adds to audioml."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

__all__ = ["components"]


@hookimpl
def components() -> Iterator[Component]:
    """Yield the model, the generator of such folders, the importer of CS205's, and the task."""
    yield Component(
        "model",
        "wavenet",
        "audioml_wavenet.shipped:WAVENET",
        "melodies on an instrument of three partials, calm or lively",
        task="song",
    )
    yield Component(
        "generator",
        "wavenet",
        "audioml_wavenet.generator:build",
        "songs, sample by sample, as a WaveNet foretells them",
    )
    yield Component(
        "importer",
        "cs205",
        "audioml_wavenet.cs205.importer:IMPORTER",
        "the networks of CS205-Waveforms, from their .json and .h5",
        needs=("h5py",),
    )
    yield Component(
        "task",
        "wavenet",
        "audioml_wavenet.task.task:Task",
        "the next sample of songs, and so songs",
    )
