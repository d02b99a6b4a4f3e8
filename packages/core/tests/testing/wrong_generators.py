"""Deliberately wrong generators, and one that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from wrong_estimators import RATE

from audioml.core.errors import UsageError
from audioml.core.stages import ModelSpec
from audioml.core.values import Audio


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
