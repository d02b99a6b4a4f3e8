"""The rules of the contract: one function each, its docstring the rule.

``@parametrize_with_checks([...])`` makes a test of every rule for every component, as scikit-learn
does for its estimators.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..audio.conform import conform
from ..errors import AudiomlError
from ..stages import Estimator, FeatureExtractor, ModelSpec
from ..values import Audio, Frames, Prediction, concatenate
from . import sounds

if TYPE_CHECKING:
    import pytest

__all__ = ["Check", "checks_for", "parametrize_with_checks"]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule to be tried on one component."""

    rule: Callable[[Any], None]
    component: Any

    def __call__(self) -> None:
        """Raise AssertionError where the component breaks the rule."""
        self.rule(self.component)

    def __str__(self) -> str:
        spec = getattr(self.component, "spec", None)
        return f"{spec.name if spec else type(self.component).__name__}-{self.rule.__name__}"


def checks_for(component: Estimator | FeatureExtractor) -> list[Check]:
    """Return the rules that hold for a component.

    Raises
    ------
    TypeError
        If it is of a kind that has no rules yet.
    """
    if isinstance(component, Estimator):
        return [Check(rule, component) for rule in _ESTIMATOR_RULES]
    if isinstance(component, FeatureExtractor):
        return [Check(rule, component) for rule in _EXTRACTOR_RULES]
    raise TypeError(f"there are no checks for a {type(component).__name__}")


def parametrize_with_checks(components: Iterable[Any]) -> pytest.MarkDecorator:
    """Return a decorator that runs a test with ``check`` set to every rule of every component."""
    import pytest

    checks = [check for component in components for check in checks_for(component)]
    return pytest.mark.parametrize("check", checks, ids=str)


def _song(spec: ModelSpec, seconds: float = 6.0) -> Audio:
    audio, _ = sounds.music(bar=seconds / len(sounds.PROGRESSION))
    return conform(audio, spec)


def _assert_equal(one: Prediction, other: Prediction, *, shift: float = 0.0) -> None:
    assert list(one) == list(other), f"entries differ: {list(one)} and {list(other)}"
    for name, a in one.items():
        b = other[name]
        if isinstance(a, Frames):
            assert isinstance(b, Frames)
            np.testing.assert_allclose(a.values, b.values, atol=1e-5, err_msg=name)
            assert abs(a.start + shift - b.start) < 1e-6, f"{name!r} starts at {b.start}"
        else:
            assert not isinstance(b, Frames)
            assert a.values == b.values, f"values of {name!r} differ"
            np.testing.assert_allclose(a.intervals + shift, b.intervals, atol=1e-6, err_msg=name)


def is_deterministic(estimator: Estimator) -> None:
    """The same sound gives the same answer."""
    audio = _song(estimator.spec)
    _assert_equal(estimator.predict(audio), estimator.predict(audio))


def leaves_its_input_alone(estimator: Estimator) -> None:
    """The samples are the caller's and stay as they are."""
    audio = _song(estimator.spec)
    before = audio.samples.copy()
    estimator.predict(audio)
    np.testing.assert_array_equal(audio.samples, before)


def follows_the_clock(estimator: Estimator) -> None:
    """Audio that starts later is answered with times that are later by as much."""
    audio = _song(estimator.spec)
    later = replace(audio, start=10.0)
    _assert_equal(estimator.predict(audio), estimator.predict(later), shift=10.0)


def streams_as_it_predicts(estimator: Estimator) -> None:
    """The answers for blocks, joined, are the answer for the whole, however it is cut."""
    audio = _song(estimator.spec)
    whole = estimator.predict(audio)
    for size in (4096, 10007):
        count = audio.samples.shape[1]
        blocks = [
            Audio(audio.samples[:, i : i + size], audio.rate, i / audio.rate)
            for i in range(0, count, size)
        ]
        _assert_equal(whole, concatenate(estimator.stream(blocks)))


def answers_silence(estimator: Estimator) -> None:
    """Silence is answered without an exception."""
    quiet = conform(sounds.silence(2.0), estimator.spec)
    assert isinstance(estimator.predict(quiet), Prediction)


def answers_short_audio(estimator: Estimator) -> None:
    """Fifty milliseconds are answered, or refused by a sentence of audioml's own."""
    short = conform(sounds.sine(seconds=0.05), estimator.spec)
    with contextlib.suppress(AudiomlError):
        assert isinstance(estimator.predict(short), Prediction)


def stays_inside_the_audio(estimator: Estimator) -> None:
    """No event ends after the sound does."""
    audio = _song(estimator.spec)
    for name, annotation in estimator.predict(audio).annotations.items():
        latest = annotation.intervals.max(initial=0.0)
        assert latest <= audio.end + 1e-6, f"{name!r} ends at {latest}, the audio at {audio.end}"


def refuses_another_rate(estimator: Estimator) -> None:
    """Audio at another rate is refused by `predict`, never resampled silently."""
    if estimator.spec.rate is None:
        return
    audio = sounds.noise(rate=estimator.spec.rate + 1)
    refusal = None
    try:
        estimator.predict(audio)
    except AudiomlError as error:
        refusal = str(error)
    assert refusal is not None, "audio at another rate was accepted"
    assert str(estimator.spec.rate) in refusal, f"{refusal!r} does not name the rate expected"


def takes_any_rate_when_called(estimator: Estimator) -> None:
    """Called with ``(y, sr)``, a model brings the sound to its own rate."""
    audio = sounds.noise(2.0, rate=16000)
    assert isinstance(estimator(audio.samples[0], 16000), Prediction)


def names_itself(estimator: Estimator) -> None:
    """Every answer carries the model's name and version, and the model declares its licence."""
    spec = estimator.spec
    assert spec.license, "the licence is empty"
    for name, value in estimator.predict(_song(spec)).items():
        assert value.source == spec.stamp, f"{name!r} is stamped {value.source}"


def extracts_deterministically(extractor: FeatureExtractor) -> None:
    """The same sound gives the same rows, and stays as it is."""
    audio = _heard_by(extractor)
    before = audio.samples.copy()
    one, other = extractor(audio), extractor(audio)
    for name, tensor in one.tensors.items():
        np.testing.assert_array_equal(tensor, other.tensors[name])
    np.testing.assert_array_equal(audio.samples, before)


def extracts_in_blocks(extractor: FeatureExtractor) -> None:
    """The rows of blocks, joined, are the rows of the whole."""
    audio = _heard_by(extractor)
    whole = extractor(audio)
    stream = extractor.stream()
    size = 4096
    parts = [
        stream.push(Audio(audio.samples[:, i : i + size], audio.rate, i / audio.rate))
        for i in range(0, audio.samples.shape[1], size)
    ]
    parts.append(stream.finish())
    full = [part for part in parts if len(part)]
    np.testing.assert_allclose(np.concatenate([p.starts for p in full]), whole.starts, atol=1e-6)
    for name, tensor in whole.tensors.items():
        joined = np.concatenate([p.tensors[name] for p in full])
        np.testing.assert_allclose(joined, tensor, atol=1e-4, err_msg=name)


def starts_with_the_clock(extractor: FeatureExtractor) -> None:
    """Rows of audio that starts later start later by as much."""
    audio = _heard_by(extractor)
    later = extractor(replace(audio, start=10.0))
    np.testing.assert_allclose(later.starts, extractor(audio).starts + 10.0, atol=1e-6)


def _heard_by(extractor: FeatureExtractor) -> Audio:
    spec = ModelSpec("extractor", "0", "", "none", rate=extractor.rate, channels=1)
    return _song(spec)


_ESTIMATOR_RULES = (
    is_deterministic,
    leaves_its_input_alone,
    follows_the_clock,
    streams_as_it_predicts,
    answers_silence,
    answers_short_audio,
    stays_inside_the_audio,
    refuses_another_rate,
    takes_any_rate_when_called,
    names_itself,
)
_EXTRACTOR_RULES = (extracts_deterministically, extracts_in_blocks, starts_with_the_clock)
