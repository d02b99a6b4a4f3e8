"""What rules share: sounds to try a model on, and how answers are compared."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...audio.conform import conform
from ...errors import AudiomlError
from ...stages import ModelSpec
from ...values import Audio, Frames, Prediction
from .. import sounds

__all__ = ["assert_equal", "assert_refused", "blocks", "song"]


def song(spec: ModelSpec, seconds: float = 6.0) -> Audio:
    """Return music at the rate and with the channels of a model."""
    return _song(spec.rate, spec.channels, seconds)


@functools.lru_cache(maxsize=8)
def _song(rate: int | None, channels: int | None, seconds: float) -> Audio:
    audio, _ = sounds.music(bar=seconds / len(sounds.PROGRESSION))
    made = conform(audio, ModelSpec("a rule", "0", "", "none", rate=rate, channels=channels))
    samples = made.samples.copy()
    samples.flags.writeable = False  # it is used again, whoever had it
    return Audio(samples, made.rate)


def blocks(audio: Audio, size: int) -> Iterator[Audio]:
    """Yield a signal in blocks of ``size`` samples."""
    for first in range(0, audio.samples.shape[1], size):
        piece = audio.samples[:, first : first + size]
        yield Audio(piece, audio.rate, audio.start + first / audio.rate)


def assert_equal(one: Prediction, other: Prediction, *, shift: float = 0.0) -> None:
    """Check that two predictions say the same, the second ``shift`` seconds later."""
    assert isinstance(one, Prediction), f"a {type(one).__name__} is no Prediction"
    assert isinstance(other, Prediction), f"a {type(other).__name__} is no Prediction"
    assert list(one) == list(other), f"entries differ: {list(one)} and {list(other)}"
    for name, a in one.items():
        b = other[name]
        if isinstance(a, Frames):
            assert isinstance(b, Frames), f"{name!r} is frames in one and events in the other"
            np.testing.assert_allclose(a.values, b.values, atol=1e-5, err_msg=name)
            assert abs(a.start + shift - b.start) < 1e-6, (
                f"{name!r} starts at {b.start} s, and should at {a.start + shift} s"
            )
        else:
            assert not isinstance(b, Frames), f"{name!r} is events in one and frames in the other"
            assert a.values == b.values, f"values of {name!r} differ"
            np.testing.assert_allclose(a.intervals + shift, b.intervals, atol=1e-6, err_msg=name)


def assert_refused(call: Callable[[], Any], what: str) -> str:
    """Check that a call raises an error of audioml's own, and return what it says."""
    try:
        call()
    except AudiomlError as error:
        return str(error)
    except Exception as error:
        raise AssertionError(
            f"{what} must be refused by an error of audioml.core.errors, got "
            f"{type(error).__name__}: {error}"
        ) from error
    raise AssertionError(f"{what} must be refused, and was accepted")
