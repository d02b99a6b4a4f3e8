"""Deliberately wrong extractors, decoders and backends, and those that are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from wrong_estimators import RATE, Normalised

from audioml.core.features import PCM
from audioml.core.features.windows import mono
from audioml.core.stages import FeatureExtractor, TensorSpec
from audioml.core.testing import BackendExample, DecoderExample
from audioml.core.testing.tiny import TinyBackend
from audioml.core.values import Annotation, Prediction, Rows


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
