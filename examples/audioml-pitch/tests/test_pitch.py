"""The estimator keeps every rule of the contract, and says what librosa says."""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np
import pytest

from audioml.core import Audio
from audioml.core.testing import Check, parametrize_with_checks
from audioml_pitch import plugin
from audioml_pitch.estimator import Pitch


@parametrize_with_checks([plugin, Pitch()])
def test_every_rule_is_kept(check: Check) -> None:
    check()


@pytest.mark.parametrize("hertz", [110.0, 440.0, 1760.0])
def test_a_tone_has_the_pitch_that_it_has(hertz: float) -> None:
    time = np.arange(22050) / 22050
    tone = Audio(np.float32([0.5 * np.sin(2 * np.pi * hertz * time)]), 22050)
    pitch = Pitch().predict(tone)["pitch"]
    np.testing.assert_allclose(pitch.values[4:-4, 0], hertz, rtol=0.01)
    assert pitch.values[4:-4, 1].mean() > 0.5


def test_silence_has_none(audioml_audio: Callable[..., Audio]) -> None:
    pitch = Pitch().predict(audioml_audio("silence", seconds=1.0, rate=22050))["pitch"]
    assert not pitch.values[:, 0].any()
    assert pitch.values[:, 1].max() < 0.1


def test_it_is_what_librosa_says(audioml_audio: Callable[..., Audio]) -> None:
    music = audioml_audio("music", seconds=1.0, rate=22050)
    pitch = Pitch().predict(music)["pitch"]
    hertz, flags, _ = librosa.pyin(
        music.samples[0], sr=22050, fmin=65.4, fmax=2093.0, resolution=0.2
    )
    np.testing.assert_array_equal(pitch.values[:, 0] > 0, flags)
    np.testing.assert_allclose(pitch.values[flags, 0], hertz[flags], rtol=1e-6)
    assert pitch.hop == pytest.approx(512 / 22050)
