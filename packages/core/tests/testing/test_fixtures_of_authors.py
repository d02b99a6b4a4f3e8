"""What authors test with: sounds, strategies, a tiny model, a registry of their own."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from wrong_estimators import RATE

from audioml.core import load
from audioml.core.models.manifest import Part
from audioml.core.testing import strategies
from audioml.core.values import concatenate


@settings(max_examples=30, deadline=None)
@given(strategies.audio(rates=[RATE], channels=[2], min_seconds=0.01, max_seconds=0.2))
def test_sounds_are_of_the_form_that_is_asked_for(audio):
    assert (audio.rate, audio.channels) == (RATE, 2)
    assert 0.01 <= audio.duration <= 0.2
    assert np.abs(audio.samples).max() <= 1.0


@settings(max_examples=30, deadline=None)
@given(strategies.audio(channels=[1], min_seconds=0.05).flatmap(strategies.blocks))
def test_blocks_of_a_sound_follow_each_other(blocks):
    for before, block in itertools.pairwise(blocks):
        assert abs(before.end - block.start) < 1e-6


def test_strategies_wait_for_hypothesis_until_they_are_made():
    code = (
        "import sys, audioml.core.testing.strategies; assert 'hypothesis' not in sys.modules;"
        "assert 'pytest' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_sounds_come_as_they_are_asked_for(audioml_audio):
    for kind in ("music", "noise", "sine", "silence"):
        audio = audioml_audio(kind, seconds=0.5, rate=8000, channels=2, start=1.5)
        assert (audio.rate, audio.channels, audio.start) == (8000, 2, 1.5)
        assert audio.duration == 0.5
        assert audio.samples.any() == (kind != "silence")


def test_a_tiny_model_answers(audioml_model_folder, audioml_audio):
    model = load(audioml_model_folder())
    audio = audioml_audio("sine", seconds=1.2, rate=8000)
    level = model.predict(audio)["level"]
    np.testing.assert_allclose(level.values, [[1.0], [1.0], [1.0]], atol=1e-3)
    blocks = [audio, audioml_audio("silence", rate=8000, start=audio.end)]
    assert len(concatenate(model.stream(blocks))["level"]) == 5


def test_a_tiny_model_takes_a_stage_of_the_author(audioml_model_folder, audioml_audio):
    import types

    from audioml.core.plugins import Component, hookimpl

    listed = [Component("extractor", "energy", "wrong_stages:Energy", "energy")]
    mine = types.SimpleNamespace(components=hookimpl(lambda: listed))
    model = load(audioml_model_folder("mine", extractor=Part("energy"), mine=mine))
    level = model.predict(audioml_audio("sine", seconds=1.0, rate=8000))["level"]
    np.testing.assert_allclose(level.values, [[0.25], [0.25]], atol=1e-3)
