from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

import librosa
import librosa.version
import numpy as np
import pytest

from audioml.core.errors import AudioError
from audioml.core.stages import Estimator
from audioml.core.testing import parametrize_with_checks, silence, sine
from audioml.core.testing.checks import Check
from audioml.core.values import Annotation, Audio, Prediction
from audioml_librosa.estimators import Beat, Onset, Tempo

ALL = [Beat(), Tempo(), Onset()]
each = pytest.mark.parametrize("estimator", ALL, ids=lambda e: e.spec.task)


def entry(prediction: Prediction, name: str) -> Annotation:
    return prediction.annotations[name]


@parametrize_with_checks(ALL)
def test_the_contract_holds(check: Check) -> None:
    check()


def test_beats_fall_on_the_clicks(clicks: Audio) -> None:
    beat = entry(Beat().predict(clicks), "beat")
    times = beat.intervals[:, 0]
    truth = np.arange(0.25, 12, 0.5)
    assert len(times) >= len(truth) - 2
    assert np.abs(times[:, None] - truth).min(axis=1).max() < 0.05
    assert set(beat.values) == {None}


@pytest.mark.parametrize("estimator", [Beat(), Tempo()], ids=lambda e: e.spec.task)
def test_the_tempo_of_the_clicks_is_found_on_librosas_grid(
    estimator: Estimator, clicks: Audio
) -> None:
    tempo = entry(estimator.predict(clicks), "tempo")
    grid = librosa.tempo_frequencies(344, sr=22050, hop_length=512)
    nearest = grid[np.abs(grid - 120).argmin() + np.array([-1, 0, 1])]
    assert np.isclose(nearest, tempo.values[0]).any()
    np.testing.assert_allclose(tempo.intervals, [[0, 12]])
    assert tempo.confidence is not None
    assert 0.5 < tempo.confidence[0] <= 1


def test_beats_and_tempo_are_those_of_librosa(clicks: Audio) -> None:
    bpm, times = librosa.beat.beat_track(y=clicks.samples[0], sr=22050, units="time")
    prediction = Beat().predict(clicks)
    np.testing.assert_allclose(entry(prediction, "beat").intervals[:, 0], times)
    np.testing.assert_allclose(entry(prediction, "tempo").values, np.atleast_1d(bpm))


def test_the_tempo_is_that_of_librosa(clicks: Audio) -> None:
    bpm = librosa.feature.tempo(y=clicks.samples[0], sr=22050)
    np.testing.assert_allclose(entry(Tempo().predict(clicks), "tempo").values, bpm)


def test_onsets_are_those_of_librosa_with_their_strength(clicks: Audio) -> None:
    strength = librosa.onset.onset_strength(y=clicks.samples[0], sr=22050)
    frames = librosa.onset.onset_detect(y=clicks.samples[0], sr=22050)
    onset = entry(Onset().predict(clicks), "onset")
    assert len(onset) >= 23
    np.testing.assert_allclose(onset.intervals[:, 0], librosa.frames_to_time(frames, sr=22050))
    assert onset.confidence is not None
    np.testing.assert_allclose(onset.confidence, (strength / strength.max())[frames], rtol=1e-6)


@each
@pytest.mark.parametrize(
    "audio",
    [
        silence(2.0, rate=22050),
        silence(0.05, rate=22050),
        sine(seconds=0.05, rate=22050),
        Audio(np.ones(1, np.float32), 22050),
    ],
    ids=["silence", "short silence", "short sine", "one sample"],
)
@pytest.mark.filterwarnings("error")
def test_where_nothing_begins_nothing_is_answered(estimator: Estimator, audio: Audio) -> None:
    prediction = estimator.predict(audio)
    assert set(prediction) == set(estimator.spec.answers)
    assert all(len(value) == 0 for value in prediction.values())
    assert all(value.source == estimator.spec.stamp for value in prediction.values())


@each
def test_times_follow_the_start_of_the_audio(estimator: Estimator, clicks: Audio) -> None:
    now = estimator.predict(clicks).annotations
    later = estimator.predict(replace(clicks, start=-3.5)).annotations
    for name, annotation in now.items():
        np.testing.assert_allclose(later[name].intervals, annotation.intervals - 3.5)


@each
def test_what_the_estimator_was_not_made_for_is_refused(estimator: Estimator) -> None:
    with pytest.raises(AudioError, match="22050 Hz, got 44100 Hz"):
        estimator.predict(silence(1.0, rate=44100))
    with pytest.raises(AudioError, match="channel"):
        estimator.predict(silence(1.0, rate=22050, channels=2))
    with pytest.raises(AudioError, match="not finite"):
        estimator.predict(Audio(np.full(22050, np.nan, np.float32), 22050))


@each
def test_the_spec_tells_the_version_of_librosa(estimator: Estimator) -> None:
    assert estimator.spec.version == version("librosa") == librosa.version.version
    assert estimator.spec.license == "ISC"
