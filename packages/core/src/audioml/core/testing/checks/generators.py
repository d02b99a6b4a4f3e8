"""Rules of generators."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stages import GenerationOptions, Generator
from ...values import Audio
from .comparing import assert_refused
from .estimators import declares_its_licence
from .kit import Rules

__all__ = [
    "RULES",
    "is_named",
    "makes_blocks_that_follow_each_other",
    "makes_each_as_alone",
    "makes_exactly_as_much",
    "makes_many_as_alone",
    "makes_the_same_from_the_same_seed",
    "refuses_impossible_lengths",
    "resumes_from_the_middle",
    "resumes_to_the_last_bit",
    "stays_in_range",
]

_SHORT = GenerationOptions(seconds=0.5, seed=1)


def makes_the_same_from_the_same_seed(generator: Generator) -> None:
    """The same options and the same seed make the same samples."""
    one, other = (_samples(generator.start(_SHORT)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def makes_exactly_as_much(generator: Generator) -> None:
    """The blocks together last as long as was asked for, to the sample."""
    for seconds in (0.0, 0.05, 0.333, 0.5):
        blocks = list(generator.start(replace(_SHORT, seconds=seconds)))
        count = sum(block.samples.shape[1] for block in blocks)
        rate = generator.spec.rate or (blocks[0].rate if blocks else 1)
        wanted = round(seconds * rate)
        assert count == wanted, f"{seconds} s at {rate} Hz are {wanted} samples, got {count}"


def stays_in_range(generator: Generator) -> None:
    """Samples are finite numbers in [-1, 1]."""
    samples = _samples(generator.start(_SHORT))
    assert np.isfinite(samples).all(), "a sample is not a finite number"
    assert np.abs(samples).max(initial=0.0) <= 1.0, "a sample is beyond [-1, 1]"


def makes_blocks_that_follow_each_other(generator: Generator) -> None:
    """Blocks are at the rate of the model, each beginning where the one before it ends."""
    due = 0.0
    for block in generator.start(_SHORT):
        assert isinstance(block, Audio), f"a {type(block).__name__} is no Audio"
        assert generator.spec.rate in (None, block.rate), f"a block is at {block.rate} Hz"
        assert generator.spec.channels in (None, block.channels), f"{block.channels} channels"
        assert abs(block.start - due) < 0.5 / block.rate, f"starts at {block.start}, due at {due}"
        due = block.end


def resumes_to_the_last_bit(generator: Generator) -> None:
    """From a saved state, ``extra={"state": …}``, it goes on as if it had never stopped."""
    whole = _samples(generator.start(_SHORT))
    for seconds in (0.0, 0.2, 0.333):
        begun = generator.start(replace(_SHORT, seconds=seconds))
        first = _samples(begun)
        _assert_goes_on(generator, begun.state, first, whole)


def resumes_from_the_middle(generator: Generator) -> None:
    """The state after any block goes on from there, though more was asked for."""
    whole = _samples(generator.start(_SHORT))
    begun = generator.start(_SHORT)
    first = _samples(itertools.islice(begun, 1))
    _assert_goes_on(generator, begun.state, first, whole)


def makes_each_as_alone(generator: Generator) -> None:
    """Sounds that are made at the same time do not disturb each other."""
    options = (_SHORT, replace(_SHORT, seed=2))
    alone = [_samples(generator.start(each)) for each in options]
    together = list(zip(*(generator.start(each) for each in options), strict=True))
    for at, samples in enumerate(alone):
        np.testing.assert_array_equal(_samples(blocks[at] for blocks in together), samples)


def makes_many_as_alone(generator: Any) -> None:
    """Sounds of one run, `start_many`, are those that `start` makes."""
    options = (_SHORT, replace(_SHORT, seed=2))
    together = list(generator.start_many(options))
    for at, each in enumerate(options):
        alone = _samples(generator.start(each))
        np.testing.assert_array_equal(_samples(blocks[at] for blocks in together), alone)


def refuses_impossible_lengths(generator: Generator) -> None:
    """A length below zero is refused by a sentence of audioml's own."""
    impossible = replace(_SHORT, seconds=-1.0)
    assert_refused(lambda: list(generator.start(impossible)), "a length below zero")


def is_named(generator: Generator) -> None:
    """The model has a name and a version, by which what it makes is known."""
    assert generator.spec.name, "the name is empty"
    assert generator.spec.version, "the version is empty"


def _assert_goes_on(
    generator: Generator, state: bytes, first: NDArray[Any], whole: NDArray[Any]
) -> None:
    assert isinstance(state, bytes), f"a state is bytes, got {type(state).__name__}"
    left = whole.shape[-1] - first.shape[-1]
    rate = next(iter(generator.start(_SHORT))).rate
    rest = replace(_SHORT, seconds=left / rate, seed=0, extra={"state": state})
    joined = np.concatenate([first, _samples(generator.start(rest))], axis=-1)
    np.testing.assert_array_equal(joined, whole)


def _samples(blocks: Iterable[Audio]) -> NDArray[Any]:
    parts = [block.samples for block in blocks]
    return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)


def _is_generator(component: Any) -> bool:
    return isinstance(component, Generator)


def _makes_many(component: Any) -> bool:
    return _is_generator(component) and hasattr(component, "start_many")


RULES = (
    Rules(
        _is_generator,
        (
            makes_the_same_from_the_same_seed,
            makes_exactly_as_much,
            stays_in_range,
            makes_blocks_that_follow_each_other,
            resumes_to_the_last_bit,
            resumes_from_the_middle,
            makes_each_as_alone,
            refuses_impossible_lengths,
            is_named,
            declares_its_licence,
        ),
    ),
    Rules(_makes_many, (makes_many_as_alone,)),
)
