from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audioml.analyze import Analysis, Recording
from audioml.core.values import Annotation, Frames, Prediction, Source

HOSTILE = "</title><script>alert('x')</script>&\"'"
PITCHES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")


@pytest.fixture(scope="session")
def wav(tmp_path_factory) -> Path:
    """Twelve seconds, a tone in the left channel, louder in the second half."""
    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    time = np.arange(12 * 16000) / 16000
    tone = np.sin(2 * np.pi * 220 * time) * np.where(time < 6, 0.2, 0.8)
    soundfile.write(path, np.c_[tone, np.zeros_like(tone)], 16000)
    return path


@pytest.fixture(scope="session")
def song(wav) -> Analysis:
    labels = ["A:min", "N", "C:maj/5", "G:7"]
    spans = np.array([[0, 3], [3, 4], [4, 8], [8, 12]])
    source = Source("tiny-<chord>", "1.2.0", "c0ffee" * 10)
    sure = np.array([0.5, np.nan, 0.75, 1.0])
    chords = Annotation("chord", spans, labels, sure, source=source)
    pitch = Frames(np.eye(12)[np.arange(120) % 12], hop=0.1, labels=PITCHES, source=source)
    beats = Annotation("beat", np.arange(12)[:, np.newaxis] + [0.5, 0.5], [1, 2, 3, 4] * 3)
    tempo = Annotation("tempo", np.array([[0.0, 12.0]]), [60.0])
    loud = {"velocity": np.array([20, 120])}
    certain = np.array([0.25, np.nan], np.float32)
    notes = Annotation("note_midi", np.array([[0, 1], [1, 3.0]]), [60, 67], certain, loud)
    pedal = Annotation("pedal", np.array([[0.5, 2], [1, 3.5]]), [None, None])
    tags = Annotation("tag_open", np.array([[0, 12.0]]), ["<i>calm"])
    return Analysis(
        Recording(duration=12.0, path=wav, title=HOSTILE, artist="Ä & Ö", release="<b>"),
        {
            "chord": Prediction({"chord": chords, "pitch": pitch}),
            "beat": Prediction({"beats": beats, "tempo": tempo}),
            "notes": Prediction({"notes": notes, "pedal": pedal}),
            "tags": Prediction({"tags": tags}),
        },
    )
