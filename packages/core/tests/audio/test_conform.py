from __future__ import annotations

import itertools

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.audio import as_audio, conform, conform_blocks
from audioml.core.errors import AudioError, UsageError
from audioml.core.stages import ModelSpec
from audioml.core.testing import noise
from audioml.core.values import Audio


def spec(rate=22050, channels=1) -> ModelSpec:
    return ModelSpec("m", "1", "t", "MIT", rate, channels)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 30000), min_size=1, max_size=6), st.sampled_from([8000, 44100, 48000])
)
def test_blocks_are_resampled_as_the_whole(sizes, rate) -> None:
    whole = noise(sum(sizes) / rate, rate=rate)
    cuts = np.cumsum([0, *sizes])
    blocks = [Audio(whole.samples[:, a:b], rate, a / rate) for a, b in itertools.pairwise(cuts)]
    if sum(sizes) < 10:
        return
    joined = np.concatenate([b.samples for b in conform_blocks(blocks, spec())], axis=1)
    expected = soxr.resample(whole.samples[0], rate, 22050, quality="HQ")
    np.testing.assert_allclose(joined[0], expected, atol=1e-6)


def test_the_clock_goes_on_through_the_resampler() -> None:
    audio = Audio(noise(3.0, rate=48000).samples, 48000, start=5.0)
    out = conform(audio, spec())
    assert out.start == 5.0
    assert out.end == pytest.approx(8.0, abs=1e-3)


def test_channels_are_brought_to_fit() -> None:
    eight = Audio(np.arange(8, dtype=np.float32).repeat(100).reshape(8, 100), 22050)
    assert np.unique(conform(eight, spec()).samples).tolist() == [3.5]
    assert conform(noise(0.1, rate=22050), spec(channels=2)).channels == 2
    assert conform(eight, spec(rate=None, channels=None)).channels == 8
    with pytest.raises(AudioError, match="takes 2 channels, got 8"):
        conform(eight, spec(channels=2))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_place(value) -> None:
    samples = np.zeros(22050, np.float32)
    samples[11025] = value
    with pytest.raises(AudioError, match=r"sample at 0\.500 s is not a finite number"):
        conform(Audio(samples, 22050), spec())


def test_samples_of_another_scale_pass_and_absurd_ones_do_not() -> None:
    loud = Audio(np.full(100, 32768.0), 22050)
    assert conform(loud, spec()).samples.max() == 32768
    with pytest.raises(AudioError, match=r"samples reach 3e\+38, expected about \[-1, 1\]"):
        conform(Audio(np.full(100, 3e38, np.float32), 22050), spec())


def test_a_rate_that_is_none_of_sound_is_refused() -> None:
    with pytest.raises(AudioError, match="a sample rate of 1 Hz is not one of sound"):
        conform(Audio(np.zeros(100), 1), spec())


def test_an_array_on_its_side_is_refused() -> None:
    with pytest.raises(UsageError, match=r"got \(500, 2\): try y.T"):
        as_audio(np.zeros((500, 2)), 44100)


def test_nothing_is_refused() -> None:
    with pytest.raises(AudioError, match="no samples"):
        conform(Audio(np.zeros(0), 44100), spec())
