"""What a network must beat, against what can be reckoned by hand."""

import numpy as np
import pytest

from audioml.core.corpus import encode
from audioml.core.errors import ValidationError
from audioml.core.foretelling import Baselines, foretold_linearly


def test_levels_that_are_as_frequent_cost_their_entropy():
    song = np.random.default_rng(0).choice(np.array([10, 20, 30, 40], np.uint8), 40_000)
    found = Baselines.of([song]).bits([song], first=100)
    assert found["uniform"] == 8
    assert found["unigram"] == pytest.approx(2, abs=0.02)
    assert found["markov"] == pytest.approx(2, abs=0.02)


def test_a_chain_costs_its_conditional_entropy():
    rng = np.random.default_rng(1)
    up = rng.random(40_000) < 0.9  # one step up, or else one down: 0.469 bits
    song = (np.cumsum(np.where(up, 1, -1)) % 256).astype(np.uint8)
    found = Baselines.of([song]).bits([song])
    assert found["markov"] == pytest.approx(0.469, abs=0.15)
    assert found["unigram"] > 7.9


def test_a_tone_is_foretold_linearly_and_noise_is_not():
    time = np.arange(20_000)
    tone = encode(0.5 * np.sin(0.3 * time) + 0.2 * np.sin(0.71 * time), "mulaw")
    noise, other = np.random.default_rng(2).integers(0, 256, (2, 20_000)).astype(np.uint8)
    heard = Baselines.of([tone]).bits([tone], first=2000)
    assert heard["lpc"] < heard["markov"] - 1
    assert Baselines.of([noise]).bits([other], first=2000)["lpc"] > 7.9


def test_what_comes_later_is_not_heard():
    samples = np.random.default_rng(3).normal(0, 0.1, 3000)
    other = samples.copy()
    other[2000:] *= -1
    one, two = foretold_linearly(samples), foretold_linearly(other)
    np.testing.assert_array_equal(one[:2000], two[:2000])
    assert one.shape == samples.shape


def test_a_sum_of_two_tones_is_foretold_to_the_third_digit():
    time = np.arange(6000)
    samples = 0.5 * np.sin(0.2 * time) + 0.3 * np.sin(0.5 * time + 1)
    error = foretold_linearly(samples)[2000:] - samples[2000:]
    assert np.abs(error).max() < 1e-2


def test_silence_is_foretold_as_silence():
    assert not foretold_linearly(np.zeros(2500)).any()


def test_nothing_to_count_and_nothing_to_foretell_are_refused():
    with pytest.raises(ValidationError, match="the songs hold no samples"):
        Baselines.of([])
    known = Baselines.of([np.zeros(100, np.uint8)])
    with pytest.raises(ValidationError, match="no song is longer than 100 samples"):
        known.bits([np.zeros(100, np.uint8)], first=100)
