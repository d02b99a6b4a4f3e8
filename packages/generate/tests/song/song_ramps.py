"""A plugin whose songs can be followed by hand: ramps of 16 bits, from where a prompt ended."""

from __future__ import annotations

import json
import signal

import numpy as np

from audioml.core.audio.conform import conform
from audioml.core.errors import UsageError
from audioml.core.models.manifest import Manifest, Part
from audioml.core.models.write import write_manifest
from audioml.core.plugins import Component, hookimpl
from audioml.core.stages import Estimator, ModelSpec
from audioml.core.values import Audio, Prediction

RATE, BLOCK = 8000, 800
INTERRUPT: set[int] = set()
"""Blocks during which somebody presses Ctrl-C."""


@hookimpl
def components():
    yield Component("generator", "ramps", "song_ramps:build", "ramps")
    yield Component("estimator", "deaf", "song_ramps:Deaf", "hears nothing")


def build(folder=None, manifest=None):
    return Ramps(manifest.spec)


def spec(name="ramps"):
    return ModelSpec(name, "1", "song", "CC0-1.0", RATE, weights="5" * 64)


def write_folder(folder, *, kind="generator"):
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": "ramps", "version": "1", "task": "song", "license": "CC0-1.0", "rate": RATE}
    (folder / "weights.bin").write_bytes(b"none")
    builder = Part("ramps" if kind == "generator" else "deaf")
    write_manifest(folder, Manifest(kind=kind, builder=builder, **about))
    return folder


def ramp(seed, first, count, base=0):
    """Samples of a song: int16, shape (count,)."""
    return ((base + seed * 1000 + np.arange(first, first + count)) % 20001 - 10000).astype(np.int16)


class Deaf(Estimator):
    spec = ModelSpec("deaf", "1", "silence", "CC0-1.0", RATE)

    def __init__(self, folder=None, manifest=None):
        pass

    def predict(self, audio, /):
        return Prediction({})


class Ramps:
    def __init__(self, about=None):
        self.spec = about or spec()

    def start(self, options, /):
        return Ramp(self.spec, options)


class Together(Ramps):
    """The same, all songs at once."""

    def start_many(self, options, /):
        return Many([self.start(each) for each in options])


class Many:
    def __init__(self, each):
        self.each = each

    def __iter__(self):
        return zip(*self.each, strict=True)

    @property
    def states(self):
        return tuple(one.state for one in self.each)


class Ramp:
    def __init__(self, about, options):
        if options.temperature < 0:
            raise UsageError(f"temperature must be 0 or above, got {options.temperature!r}")
        self.kept = {"seed": options.seed, "made": 0, "base": 0}
        if options.prompt is not None:
            heard = conform(options.prompt, about).samples[0, -1]
            self.kept["base"] = round(float(heard) * 32768)
        if "state" in options.extra:
            self.kept = json.loads(options.extra["state"])
        self.left = round(options.seconds * RATE)

    def __iter__(self):
        while self.left:
            count = min(self.left, BLOCK)
            made = self.kept["made"]
            samples = ramp(self.kept["seed"], made, count, self.kept["base"])
            if made // BLOCK in INTERRUPT:
                signal.raise_signal(signal.SIGINT)
            self.kept["made"] = made + count
            self.left -= count
            yield Audio(samples.astype(np.float32)[np.newaxis] / 32768, RATE, made / RATE)

    @property
    def state(self):
        return json.dumps(self.kept).encode()
