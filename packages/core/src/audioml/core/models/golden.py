"""The golden self-test: whether a model answers here what it answered where it was made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..corpus.encoding import encode
from ..errors import IntegrityError
from ..foretelling.foreteller import Foreteller
from ..pipeline import Pipeline
from ..stages import Estimator, ModelSpec
from ..values import Audio, Frames
from .manifest import Golden

__all__ = ["check", "make", "signal"]

_SECONDS = 2.0
_KEPT = 32


def signal(spec: ModelSpec, seed: int) -> Audio:
    """Return the test sound: a chord under noise, the same on every machine.

    Two seconds in [-1, 1]; the noise comes from PCG64's raw uniform numbers, which numpy keeps
    stable across versions.
    """
    rate = spec.rate or 22050
    count = int(rate * _SECONDS)
    time = np.arange(count) / rate
    noise = np.random.Generator(np.random.PCG64(seed)).random(count) - 0.5
    tones = sum(np.sin(2 * np.pi * f * time) for f in (261.63, 329.63, 392.0))
    mono = (0.2 * tones + 0.1 * noise).astype(np.float32)
    return Audio(np.repeat(mono[np.newaxis], spec.channels or 1, axis=0), rate)


def make(estimator: Estimator | Foreteller, *, seed: int = 0, tolerance: float = 1e-3) -> Golden:
    """Return the self-test of a model as it answers here and now.

    A generator is asked how likely the samples of the test sound are: a song of its own would be
    another one on another processor.
    """
    expected = {name: _sampled(a).tolist() for name, a in _answers(estimator, seed).items()}
    return Golden(seed, expected, tolerance)


def check(estimator: Estimator | Foreteller, golden: Golden) -> None:
    """Compare a model's answers with its self-test.

    Raises
    ------
    IntegrityError
        If an answer is missing or farther off than the tolerance.
    """
    answers = _answers(estimator, golden.seed)
    for name, expected in golden.expected.items():
        got = _sampled(answers[name]) if name in answers else np.zeros(0)
        wanted = np.asarray(expected)
        fits = got.shape == wanted.shape
        worst = float(np.abs(got - wanted).max(initial=0.0)) if fits else float("inf")
        if not worst <= golden.tolerance:
            raise IntegrityError(
                f"the self-test of {estimator.spec.name} fails: output {name!r} is off by "
                f"{worst:.3g}, allowed {golden.tolerance:g}; "
                "the model answers otherwise here than where it was made"
            )


def _answers(estimator: Estimator | Foreteller, seed: int) -> dict[str, NDArray[np.float64]]:
    audio = signal(estimator.spec, seed)
    if isinstance(estimator, Foreteller):
        return {"bits": estimator.costs(encode(audio.samples[0], estimator.encoding))}
    if isinstance(estimator, Pipeline):
        return {n: np.asarray(a, np.float64) for n, a in estimator.outputs(audio).items()}
    prediction = estimator.predict(audio)
    return {
        name: np.asarray(v.values if isinstance(v, Frames) else v.intervals, np.float64)
        for name, v in prediction.items()
    }


def _sampled(array: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = array.reshape(-1)
    kept = np.linspace(0, len(flat) - 1, min(len(flat), _KEPT)).astype(int)
    sampled: NDArray[np.float64] = flat[kept]
    return sampled
