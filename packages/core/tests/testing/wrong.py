"""Deliberately wrong components, each breaking one rule, and what each should have been."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from audioml.core.errors import UsageError
from audioml.core.features import PCM
from audioml.core.features.windows import mono
from audioml.core.pipeline import Pipeline, check_audio
from audioml.core.stages import Estimator, FeatureExtractor, ModelSpec, TensorSpec
from audioml.core.testing import BackendExample, DecoderExample
from audioml.core.testing.tiny import TinyBackend
from audioml.core.values import Annotation, Audio, Prediction, Rows

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


class Energy(FeatureExtractor):
    """Right: the others differ from it in one respect."""

    rate, window, hop = RATE, 0.5, 0.5
    power = staticmethod(lambda rows: np.square(rows).mean(axis=1, keepdims=True))

    def stream(self):
        return EnergyStream(self)


class EnergyStream:
    def __init__(self, extractor):
        self.extractor = extractor
        self.windows = PCM(rate=RATE, window=0.5).stream()

    def push(self, audio, /):
        return self.measured(self.windows.push(audio))

    def finish(self):
        return self.measured(self.windows.finish())

    def reset(self):
        self.windows.reset()

    def measured(self, rows):
        return Rows({"energy": self.extractor.power(rows.tensors["audio"])}, rows.starts)


class Noisy(Energy):
    """Dithers by chance."""

    power = staticmethod(lambda rows: np.random.default_rng().random((len(rows), 1)))


class Edgy(Energy):
    """Makes a row of every block that it is given."""

    def __call__(self, audio, /):
        rows = mono(audio, RATE)[np.newaxis]
        return Rows({"energy": self.power(rows)}, [audio.start])


class Decibels(Energy):
    """Takes the logarithm of nothing."""

    @staticmethod
    def power(rows):
        with np.errstate(divide="ignore"):
            return 10 * np.log10(np.square(rows).mean(axis=1, keepdims=True))


class Lingering(Energy):
    """Does not forget."""

    def stream(self):
        stream = EnergyStream(self)
        stream.reset = lambda: None
        return stream


class Unclocked(Energy):
    """Counts from 0, whenever the audio began."""

    def __call__(self, audio, /):
        return super().__call__(replace(audio, start=0.0))


class AnyRate(Energy):
    """Does not look at the rate."""

    def __call__(self, audio, /):
        return super().__call__(replace(audio, rate=RATE))


EXTRACTORS = {
    Noisy: "extracts_deterministically",
    Edgy: "extracts_in_blocks",
    Lingering: "starts_anew_after_a_reset",
    Unclocked: "starts_with_the_clock",
    Decibels: "extracts_numbers",
    AnyRate: "extracts_at_its_rate_only",
}


class Loud:
    """A decoder that is right: windows above 0.5."""

    def __call__(self, outputs, /, *, starts, end):
        level = outputs["level"][:, 0]
        begun = np.asarray(starts)[level > 0.5]
        ends = np.minimum(begun + 1.0, max(end, begun.max(initial=end)))
        loud = Annotation("tag_open", np.stack([begun, ends], 1), ["loud"] * len(begun))
        return Prediction({"loud": loud})


class InPlace(Loud):
    """Scales the outputs that it is given."""

    def __call__(self, outputs, /, **times):
        outputs["level"][:] *= 2
        return super().__call__(outputs, **times)


class FromZero(Loud):
    """Counts windows from 0."""

    def __call__(self, outputs, /, *, starts, end):
        return super().__call__(outputs, starts=np.arange(len(starts)) * 1.0, end=end)


class Overlong(Loud):
    """Lets the last window last beyond the end."""

    def __call__(self, outputs, /, *, starts, end):
        return super().__call__(outputs, starts=starts, end=end + 5.0)


class Hungry(Loud):
    """Cannot do with nothing."""

    def __call__(self, outputs, /, *, starts, end):
        if not len(starts):
            return Prediction()
        return super().__call__(outputs, starts=starts, end=end)


class Doubling(Loud):
    """Its stream answers the last row twice."""

    def stream(self):
        decoder = self

        class Stream:
            def push(self, outputs, /, *, starts, end):
                self.last = (outputs, starts)
                return decoder(outputs, starts=starts, end=end)

            def finish(self, *, end):
                return decoder(self.last[0], starts=self.last[1], end=end)

        return Stream()


DECODERS = {
    InPlace: "leaves_outputs_alone",
    FromZero: "decodes_by_the_clock",
    Overlong: "decodes_nothing_after_the_end",
    Hungry: "decodes_no_rows",
    Doubling: "decodes_in_a_stream",
}


def decoder_example(kind):
    level = np.array([0.1, 0.9, 0.7, 0.2, 0.8], np.float32)[:, np.newaxis]
    return DecoderExample(kind(), {"level": level}, hop=1.0)


def _session(**changes):
    """Return a backend whose sessions have some methods of their own."""

    class Changed(TinyBackend):
        def load(self, path, /, *, device="cpu", threads=None):
            session = super().load(path)
            made = type("Session", (type(session),), changes)
            return made(session._gain)

    return Changed


def _reused(self, feeds, /):
    rows = np.abs(feeds["audio"]).max(axis=1, keepdims=True)
    if not hasattr(self, "_out") or len(self._out) != len(rows):
        self._out = np.empty_like(rows)
    self._out[:] = rows
    return {"level": self._out}


class Trusting(TinyBackend):
    """Opens whatever it is given."""

    def load(self, path, /, *, device="cpu", threads=None):
        if not path.exists():
            raise FileNotFoundError(path)
        return super().load(path)


class Unthreaded(TinyBackend):
    """Lacks an argument of the contract."""

    def load(self, path, /, *, device="cpu"):
        return super().load(path)


BACKENDS = {
    _session(inputs={}): "loads_a_session",
    _session(
        run=lambda self, feeds, /: {
            "level": np.random.default_rng().random((len(feeds["audio"]), 1))
        }
    ): ("runs_deterministically"),
    _session(outputs={"other": TensorSpec((None, 1), "float32")}): "gives_what_it_says",
    _session(run=Normalised.run): "runs_rows_as_alone",
    _session(run=_reused): "gives_outputs_that_stay",
    Unthreaded: "takes_a_number_of_threads",
    _session(run=lambda self, feeds, /: {"level": feeds["audio"].max(1, keepdims=True)}): (
        "refuses_other_inputs"
    ),
    Trusting: "refuses_what_is_no_model",
}


def backend_example(kind, folder):
    path = folder / "gain.json"
    path.write_text('{"gain": 2.0}')
    return BackendExample(kind(), path)


class Hiss:
    """A generator that is right: noise that goes on from where it was."""

    spec = ModelSpec("hiss", "1", "noise", "MIT", rate=RATE)

    def start(self, options, /):
        return Hissing(self, options)

    def numbers(self, seed, made, count):
        return np.random.Generator(np.random.PCG64(seed).advance(made)).random(count)


class Hissing:
    def __init__(self, generator, options):
        if options.seconds < 0:
            raise UsageError("less than nothing cannot be made")
        self.generator, self.left = generator, round(options.seconds * RATE)
        kept = options.extra.get("state")
        self.seed, self.made = map(int, kept.split()) if kept else (options.seed, 0)

    @property
    def state(self):
        return f"{self.seed} {self.made}".encode()

    def __iter__(self):
        while self.left:
            count, first = min(self.left, 1000), self.made
            self.left, self.made = self.left - count, first + count
            values = 2 * self.generator.numbers(self.seed, first, count) - 1
            yield Audio(values.astype(np.float32), RATE, first / RATE)


class Unseeded(Hiss):
    """Makes something else each time."""

    def numbers(self, seed, made, count):
        return np.random.default_rng().random(count)


class Generous(Hiss):
    """Makes whole blocks only."""

    def start(self, options, /):
        return super().start(replace(options, seconds=np.ceil(options.seconds * 8) / 8))


class Overdriven(Hiss):
    """Clips."""

    def numbers(self, seed, made, count):
        return 2 * super().numbers(seed, made, count)


class Jumping(Hiss):
    """Goes on from the next whole block."""

    def start(self, options, /):
        made = super().start(options)
        made.made = -(-made.made // 1000) * 1000 + (1 if made.made else 0)
        return made


class Together(Hiss):
    """Draws from one source for all."""

    def start(self, options, /):
        self._source = np.random.Generator(np.random.PCG64(options.seed))
        return super().start(options)

    def numbers(self, seed, made, count):
        return self._source.random(count)


class Backwards(Hiss):
    """Takes any length."""

    def start(self, options, /):
        return super().start(replace(options, seconds=abs(options.seconds)))


GENERATORS = {
    Unseeded: "makes_the_same_from_the_same_seed",
    Generous: "makes_exactly_as_much",
    Overdriven: "stays_in_range",
    Together: "makes_each_as_alone",
    Backwards: "refuses_impossible_lengths",
}
