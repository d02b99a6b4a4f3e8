from __future__ import annotations

import numpy as np
import pytest

from audioml.core.analysis import Analysis, Recording
from audioml.core.values import Annotation, Frames, Prediction, Source

SOURCE = Source("tiny-chord", "1.2.0", "c0ffee" * 10)


@pytest.fixture
def chords() -> Annotation:
    return Annotation(
        "chord",
        np.array([[0.0, 1.5], [1.5, 2.25], [2.25, 3.0], [3.0, 4.0]]),
        ["C:maj", "A#:min7/b3", "N", "G:7"],
        np.array([0.75, np.nan, 0.5, 1.0], np.float32),
        source=SOURCE,
    )


@pytest.fixture
def notes() -> Annotation:
    return Annotation(
        "note_midi",
        np.array([[0.5, 1.0], [1.0, 1.5], [0.5, 2.0]]),
        [60, 60, 67.0],
        attributes={"velocity": np.array([64, 100, 1])},
        source=Source("tiny-notes", "0.1"),
    )


@pytest.fixture
def piano() -> Analysis:
    """What a piano transcriber answers, though not in the order of time."""
    spans = np.array([[0.5, 1.0], [1.0, 1.5], [0.5, 2.0]])
    sure = np.array([0.75, np.nan, 0.5], np.float32)
    source = Source("piano-notes", "0.1.0")
    loud = {"velocity": np.array([64, 100, 1])}
    notes = Annotation("note_midi", spans, [60, 60, 67], sure, loud, source=source)
    pedal = Annotation("pedal", np.array([[0.25, 1.75], [2, 3]]), [None] * 2, sure[[0, 2]])
    return Analysis(
        Recording(duration=4.0), {"notes": Prediction({"notes": notes, "pedal": pedal})}
    )


@pytest.fixture
def song(chords: Annotation, notes: Annotation) -> Analysis:
    pitch = Frames(
        np.array([[0.1, 0.9], [np.nan, 0.3]], np.float32),
        hop=0.1,
        labels=("C", "C#"),
        source=SOURCE,
    )
    beats = Annotation("beat", np.array([[0.0, 0.0], [0.6, 0.6], [1.2, 1.2]]), [1, 2, None])
    tempo = Annotation("tempo", np.array([[0.0, 4.0]]), [100.0])
    onsets = Annotation("onset", np.array([[0.25, 0.25]]), [None])
    tags = Annotation("tag_open", np.array([[0.0, 4.0]]), ["piano, näf"], np.array([0.5]))
    return Analysis(
        Recording(
            duration=4.0,
            title="Süße <b>\tSong",
            artist="Ä & Ö",
            release="R",
            identifiers={"isrc": "X1"},
            sha256="ab" * 32,
        ),
        {
            "chord": Prediction({"chord": chords, "pitch": pitch}),
            "beat": Prediction({"beats": beats, "tempo": tempo, "onsets": onsets}),
            "notes": Prediction({"notes": notes}),
            "tags": Prediction({"tags": tags}),
        },
    )


@pytest.fixture
def silent() -> Analysis:
    """An analysis of which nobody said anything but frames."""
    frames = Frames(np.zeros((3, 2), np.float32), hop=0.5)
    return Analysis(Recording(duration=1.5), {"embedding": Prediction({"embedding": frames})})
