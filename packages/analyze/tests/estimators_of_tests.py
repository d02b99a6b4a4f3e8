"""Estimators that answer at once, for tests of what is around them."""

from __future__ import annotations

import numpy as np

from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Annotation, Audio, Prediction

CALLS: list[float] = []


class Fake(Estimator):
    """Says `C:maj` of the first half and `N` of the second."""

    spec = ModelSpec("fake", "1.0", "fake", "MIT", rate=22050, description="two chords")

    def predict(self, audio: Audio, /) -> Prediction:
        CALLS.append(audio.duration)
        half = audio.start + audio.duration / 2
        chords = Annotation(
            "chord",
            [[audio.start, half], [half, audio.end]],
            ["C:maj", "N"],
            np.array([0.9, 0.8]),
        )
        return Prediction({"chord": chords}).stamped(self.spec.stamp)


class Pianist(Fake):
    """Hears four notes, one of them without a length, and the pedal; nothing in silence."""

    spec = ModelSpec("pianist", "1.0", "notes", "MIT", rate=22050, description="four notes")

    def predict(self, audio: Audio, /) -> Prediction:
        count = 4 if np.any(audio.samples) else 0
        spans = np.array([[0.5, 1.5], [1, 3], [1, 1], [2, 2.25]])[:count] + audio.start
        sure = np.array([0.9, 0.8, 0.25, 0.5], np.float32)[:count]
        loud = {"velocity": np.array([64, 100, 1, 127])[:count]}
        notes = Annotation("note_midi", spans, [60, 67, 108, 21][:count], sure, loud)
        pedal = Annotation("pedal", spans[:1], [None] * len(spans[:1]), sure[:1])
        return Prediction({"notes": notes, "pedal": pedal}).stamped(self.spec.stamp)


class Cross(Fake):
    """Fails on everything."""

    def predict(self, audio: Audio, /) -> Prediction:
        raise ZeroDivisionError


class Chatty(Fake):
    """Prints while it works."""

    def predict(self, audio: Audio, /) -> Prediction:
        print("hello from a plugin")
        return super().predict(audio)


class Number(Fake):
    """Answers with a number."""

    spec = ModelSpec("number", "1.0", "fake", "MIT", rate=22050)

    def predict(self, audio: Audio, /) -> Prediction:
        return 42


def raises():
    """Cannot be made."""
    raise RuntimeError("no")


class NoSpec(Fake):
    """Has no spec."""

    spec = None


def exits():
    """Ends the process."""
    raise SystemExit(7)


def a_class():
    """Makes something else."""
    return object()


@hookimpl
def components():
    for name, attribute in (
        ("chatty", "Chatty"),
        ("pianist", "Pianist"),
        ("number", "Number"),
        ("raises", "raises"),
        ("no-spec", "NoSpec"),
        ("a-class", "a_class"),
        ("exits", "exits"),
    ):
        yield Component("estimator", name, f"{__name__}:{attribute}", name)
    yield Component("estimator", "fake", f"{__name__}:Fake", "two chords", task="fake")
    yield Component("estimator", "cross", f"{__name__}:Cross", "fails")
    yield Component("estimator", "absent", f"{__name__}:Fake", "x", needs=("no-such-thing",))
