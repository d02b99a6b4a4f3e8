"""Rules of estimators, whatever they are made of."""

from __future__ import annotations

import contextlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import AudiomlError
from ...pipeline import Pipeline
from ...stages import Estimator
from ...values import Prediction, concatenate
from .. import sounds
from .comparing import assert_equal, assert_refused, blocks, song
from .forking import forked
from .kit import Rules

__all__ = [
    "RULES",
    "answers_after_a_fork",
    "answers_in_threads",
    "answers_short_audio",
    "answers_silence",
    "answers_what_it_says",
    "declares_its_licence",
    "follows_the_clock",
    "is_deterministic",
    "leaves_its_input_alone",
    "names_itself",
    "refuses_another_rate",
    "refuses_no_samples",
    "refuses_other_channels",
    "refuses_unknown_options",
    "stays_inside_the_audio",
    "streams_as_it_predicts",
    "takes_a_whole_in_blocks",
    "takes_any_rate_when_called",
]


def is_deterministic(estimator: Estimator) -> None:
    """The same sound gives the same answer."""
    audio = song(estimator.spec)
    assert_equal(estimator.predict(audio), estimator.predict(audio))


def leaves_its_input_alone(estimator: Estimator) -> None:
    """The samples are the caller's and stay as they are."""
    audio = song(estimator.spec)
    own = audio.samples.copy()  # one that can be written, as a caller may have it
    given = replace(audio, samples=own)
    estimator.predict(given)
    np.testing.assert_array_equal(own, audio.samples)


def follows_the_clock(estimator: Estimator) -> None:
    """Audio that starts later is answered with times that are later by as much."""
    audio = song(estimator.spec)
    later = replace(audio, start=10.0)
    assert_equal(estimator.predict(audio), estimator.predict(later), shift=10.0)


def streams_as_it_predicts(estimator: Estimator) -> None:
    """The answers for blocks, joined, are the answer for the whole, however it is cut."""
    audio = song(estimator.spec)
    whole = estimator.predict(audio)
    for size in (4096, 10007):
        assert_equal(whole, concatenate(estimator.stream(blocks(audio, size))))


def takes_a_whole_in_blocks(estimator: Estimator) -> None:
    """`predict_blocks` answers as `predict` does, however the signal is cut."""
    audio = song(estimator.spec)
    whole = estimator.predict(audio)
    for size in (4096, 10007):
        assert_equal(whole, estimator.predict_blocks(blocks(audio, size)))


def answers_silence(estimator: Estimator) -> None:
    """Silence is answered without an exception."""
    audio = song(estimator.spec, 2.0)
    quiet = replace(audio, samples=np.zeros_like(audio.samples))
    assert isinstance(estimator.predict(quiet), Prediction)


def answers_short_audio(estimator: Estimator) -> None:
    """Fifty milliseconds are answered, or refused by a sentence of audioml's own."""
    audio = song(estimator.spec, 2.0)
    short = replace(audio, samples=audio.samples[:, : audio.rate // 20])
    with contextlib.suppress(AudiomlError):
        assert isinstance(estimator.predict(short), Prediction)


def stays_inside_the_audio(estimator: Estimator) -> None:
    """No event ends after the sound does."""
    audio = song(estimator.spec)
    for name, annotation in estimator.predict(audio).annotations.items():
        latest = annotation.intervals.max(initial=0.0)
        assert latest <= audio.end + 1e-6, f"{name!r} ends at {latest}, the audio at {audio.end}"


def refuses_no_samples(estimator: Estimator) -> None:
    """Audio without samples is refused by a sentence of audioml's own."""
    audio = song(estimator.spec)
    empty = replace(audio, samples=audio.samples[:, :0])
    assert_refused(lambda: estimator.predict(empty), "audio without samples")


def refuses_another_rate(estimator: Estimator) -> None:
    """Audio at another rate is refused by `predict`, never resampled silently."""
    audio = song(estimator.spec)
    other = replace(audio, rate=audio.rate + 1)
    said = assert_refused(lambda: estimator.predict(other), "audio at another rate")
    assert str(estimator.spec.rate) in said, f"{said!r} does not name the rate expected"


def refuses_other_channels(estimator: Estimator) -> None:
    """Audio with more channels than the model takes is refused by `predict`."""
    audio = song(estimator.spec)
    other = replace(audio, samples=np.concatenate([audio.samples, audio.samples[:1]]))
    assert_refused(lambda: estimator.predict(other), "audio with a channel too many")


def refuses_unknown_options(estimator: Estimator) -> None:
    """An option that the model has not is refused by a sentence of audioml's own."""
    assert_refused(lambda: estimator.configured(no_such_option=1), "an option that is unknown")


def takes_any_rate_when_called(estimator: Estimator) -> None:
    """Called with ``(y, sr)``, a model brings the sound to its own rate."""
    audio = sounds.noise(2.0, rate=16000)
    assert isinstance(estimator(audio.samples[0], 16000), Prediction)


def names_itself(estimator: Estimator) -> None:
    """Every answer carries the model's name and version."""
    spec = estimator.spec
    assert spec.name, "the name is empty"
    assert spec.version, "the version is empty"
    for name, value in estimator.predict(song(spec)).items():
        assert value.source == spec.stamp, f"{name!r} is stamped {value.source}"


def declares_its_licence(model: Any) -> None:
    """The model says under which licence it may be used."""
    assert model.spec.license.strip(), "the licence is empty"


def answers_what_it_says(estimator: Estimator) -> None:
    """What the model's description says that it answers is answered, and no other annotation.

    An entry may be told by its name or by its JAMS namespace. Frames need not be told: a network's
    heads beside what is made of them.
    """
    said, answer = set(estimator.spec.answers), estimator.predict(song(estimator.spec))
    names = {name: {name, getattr(value, "namespace", name)} for name, value in answer.items()}
    missing = said.difference(*names.values())
    assert not missing, f"described as answering {sorted(missing)}, answered {list(names)}"
    untold = [name for name in answer.annotations if said and not names[name] & said]
    assert not untold, f"answered {untold}, described as answering {sorted(said)}"


def answers_in_threads(estimator: Estimator) -> None:
    """Threads that ask at the same time get the answers that each would get alone."""
    audio = song(estimator.spec)
    parts = [replace(audio, samples=level * audio.samples) for level in (1.0, 0.5, 0.25, 0.1)]
    alone = [estimator.predict(part) for part in parts]
    with ThreadPoolExecutor(len(parts)) as pool:
        for one, other in zip(alone, pool.map(estimator.predict, parts), strict=True):
            assert_equal(one, other)


def answers_after_a_fork(estimator: Estimator) -> None:
    """A process that is forked from one that has used the model gets the same answers."""
    audio = song(estimator.spec, 2.0)
    assert_equal(estimator.predict(audio), forked(lambda: estimator.predict(audio)))


def _is_estimator(component: Any) -> bool:
    return isinstance(component, Estimator)


def _has_a_rate(component: Any) -> bool:
    return _is_estimator(component) and component.spec.rate is not None


def _has_channels(component: Any) -> bool:
    return _is_estimator(component) and component.spec.channels is not None


def _is_for_threads(component: Any) -> bool:
    """Tell whether commands call it from several threads: a session may say that they must not."""
    if isinstance(component, Pipeline):
        return component.session.concurrent
    return _is_estimator(component)


def _may_be_forked(component: Any) -> bool:
    """Tell whether a fork is safe here: not with the frameworks of macOS."""
    return _is_estimator(component) and hasattr(os, "fork") and sys.platform != "darwin"


RULES = (
    Rules(
        _is_estimator,
        (
            is_deterministic,
            leaves_its_input_alone,
            follows_the_clock,
            streams_as_it_predicts,
            takes_a_whole_in_blocks,
            answers_silence,
            answers_short_audio,
            stays_inside_the_audio,
            refuses_no_samples,
            refuses_unknown_options,
            takes_any_rate_when_called,
            names_itself,
            declares_its_licence,
            answers_what_it_says,
        ),
    ),
    Rules(_has_a_rate, (refuses_another_rate,)),
    Rules(_has_channels, (refuses_other_channels,)),
    Rules(_is_for_threads, (answers_in_threads,)),
    Rules(_may_be_forked, (answers_after_a_fork,)),
)
