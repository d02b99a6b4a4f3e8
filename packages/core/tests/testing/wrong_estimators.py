"""Deliberately wrong estimators, each breaking one rule, and one that is right."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from audioml.core.features import PCM
from audioml.core.pipeline import Pipeline, check_audio
from audioml.core.stages import Estimator, ModelSpec, TensorSpec
from audioml.core.values import Annotation, Prediction

RATE = 8000


class Loudness(Estimator):
    """Right in every respect: the others differ from it in one."""

    spec = ModelSpec("loudness", "1", "loudness", "MIT", rate=RATE, answers=("level",))

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        return self.answer(audio, float(np.abs(audio.samples).max()))

    def answer(self, audio, level, *, start=None, end=None):
        times = [[audio.start if start is None else start, audio.end if end is None else end]]
        entry = Annotation("tag_open", times, [f"{level:.3f}"])
        return Prediction({"level": entry}).stamped(self.spec.stamp)


class Forgetful(Loudness):
    """Answers otherwise each time."""

    def __init__(self):
        self._asked = itertools.count()

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        return self.answer(audio, float(next(self._asked)))


class Meddling(Loudness):
    """Normalises the samples of its caller."""

    def predict(self, audio, /):
        samples = audio.samples.base if audio.samples.base is not None else audio.samples
        level = super().predict(audio)
        if samples.flags.writeable:
            samples /= max(np.abs(samples).max(initial=0.0), 1e-9)
        return level


class Timeless(Loudness):
    """Takes all audio to begin at 0."""

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        return self.answer(audio, 1.0, start=0.0, end=audio.duration)


class Impatient(Loudness):
    """Streams an answer for each block, though it describes the whole."""

    def stream(self, blocks, /):
        yield from map(self.predict, blocks)


class Piecemeal(Loudness):
    """Forgets all but the first block."""

    def predict_blocks(self, blocks, /):
        return self.predict(next(iter(blocks)))


class AfraidOfSilence(Loudness):
    """Divides by the loudness."""

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        if not audio.samples.any():
            raise ZeroDivisionError("division by zero")
        return super().predict(audio)


class Short(Loudness):
    """Fails inside numpy where the audio is short."""

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        return self.answer(audio, np.lib.stride_tricks.sliding_window_view(
            audio.samples[0], 2048)[0].max())  # fmt: skip


class Endless(Loudness):
    """Names events after the end."""

    def predict(self, audio, /):
        check_audio(audio, self.spec)
        return self.answer(audio, 1.0, end=audio.end + 0.1)


class Empty(Loudness):
    """Fails inside numpy where there is nothing."""

    def predict(self, audio, /):
        if audio.samples.shape[1]:
            check_audio(audio, self.spec)
        return self.answer(audio, float(np.abs(audio.samples).max()))


class Obliging(Loudness):
    """Takes any rate, and is wrong at all but one."""

    def predict(self, audio, /):
        return super().predict(replace(audio, rate=RATE))


class OneEar(Loudness):
    """Takes the first channel and says nothing of the others."""

    def predict(self, audio, /):
        return super().predict(replace(audio, samples=audio.samples[:1]))


class Careless(Loudness):
    """Ignores options that it does not know."""

    def configured(self, **options):
        return self


class Deaf(Loudness):
    """Cannot be called with what librosa gives."""

    def __call__(self, audio, sr=None, /):
        return self.predict(audio)


class Anonymous(Loudness):
    """Does not sign."""

    def predict(self, audio, /):
        level = super().predict(audio)["level"]
        return Prediction({"level": replace(level, source=None)})


class Lawless(Loudness):
    """Declares no licence."""

    spec = replace(Loudness.spec, license=" ")


class Boastful(Loudness):
    """Promises an entry that never comes."""

    spec = replace(Loudness.spec, answers=("level", "mood"))


class Shared(Loudness):
    """Keeps the audio at hand in itself while it works."""

    def predict(self, audio, /):
        import time

        check_audio(audio, self.spec)
        self._audio = audio
        time.sleep(0.02)
        return self.answer(audio, float(np.abs(self._audio.samples).max()))


class Bound(Loudness):
    """Works only in the process that made it."""

    def __init__(self):
        import os

        self._process = os.getpid()

    def predict(self, audio, /):
        import os

        if os.getpid() != self._process:
            raise RuntimeError("the handle is of another process")
        return super().predict(audio)


ESTIMATORS = {
    Forgetful: "is_deterministic",
    Meddling: "leaves_its_input_alone",
    Timeless: "follows_the_clock",
    Impatient: "streams_as_it_predicts",
    Piecemeal: "takes_a_whole_in_blocks",
    AfraidOfSilence: "answers_silence",
    Short: "answers_short_audio",
    Endless: "stays_inside_the_audio",
    Empty: "refuses_no_samples",
    Obliging: "refuses_another_rate",
    OneEar: "refuses_other_channels",
    Careless: "refuses_unknown_options",
    Deaf: "takes_any_rate_when_called",
    Anonymous: "names_itself",
    Lawless: "declares_its_licence",
    Boastful: "answers_what_it_says",
    Shared: "answers_in_threads",
    Bound: "answers_after_a_fork",
}


class Normalised:
    """A session whose rows depend on each other: each is measured by the loudest of the run."""

    inputs = {"audio": TensorSpec((None, None), "float32")}
    outputs = {"level": TensorSpec((None, 1), "float32")}
    concurrent = True

    def run(self, feeds, /):
        rows = np.abs(feeds["audio"]).max(axis=1, keepdims=True)
        return {"level": rows / max(rows.max(initial=0.0), 1e-9)}


def pipeline(session, **about):
    from audioml.core.decoders import Windows

    spec = ModelSpec("piped", "1", "level", "MIT", rate=RATE, streaming=True, **about)
    return Pipeline(spec, PCM(rate=RATE, window=0.5), session, Windows(hop=0.5))
