import numpy as np
import pytest

from audioml.core.errors import UsageError
from audioml_wavenet.engine.sampling import Sampling, drawn, uniforms

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": -0.5}, "temperature must be 0 .* or above, such as 0.9, got -0.5"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"temperature": float("inf")}, "temperature must be"),
        ({"top_k": 0}, "top-k must be a whole number from 1 on, or be left out, got 0"),
        ({"top_k": 2.5}, "top-k must be"),
        ({"top_p": 0.0}, "top-p must be above 0 and at most 1, got 0.0"),
        ({"top_p": 1.5}, "top-p must be"),
        ({"top_p": float("nan")}, "top-p must be"),
    ],
)
def test_choices_that_make_no_sense(options, said):
    with pytest.raises(UsageError, match=said):
        Sampling(**options)


@pytest.mark.parametrize("seed", [-1, 1.5, None, True])
def test_seeds_that_are_none(seed):
    with pytest.raises(UsageError, match="a seed must be a whole number"):
        uniforms(seed, 0, 1)


def test_uniform_numbers_go_on_where_they_stopped():
    whole = uniforms(11, 0, 1000)
    assert np.array_equal(np.concatenate([uniforms(11, 0, 333), uniforms(11, 333, 667)]), whole)
    assert not np.array_equal(uniforms(12, 0, 1000), whole)
    np.testing.assert_allclose(uniforms(0, 0, 2), [0.6369616873214543, 0.2697867137638703])


@pytest.mark.parametrize(
    ("choice", "shares"),
    [
        (Sampling(), [0.5, 0.3, 0.15, 0.05]),
        (Sampling(top_k=2), [0.625, 0.375, 0, 0]),
        (Sampling(top_p=0.75), [0.625, 0.375, 0, 0]),
        (Sampling(top_p=0.4), [1, 0, 0, 0]),
        (Sampling(0.5), np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365),
        (Sampling(top_k=3, top_p=0.8), [0.625, 0.375, 0, 0]),  # the share is one of the three
        (Sampling(0), [1, 0, 0, 0]),
    ],
)
def test_amplitudes_are_as_frequent_as_they_should_be(choice, shares):
    even = (np.arange(2000) + 0.5) / 2000
    made = drawn(np.tile(LOGITS, (2000, 1)), even, [choice] * 2000)
    np.testing.assert_allclose(np.bincount(made, minlength=4) / 2000, shares, atol=0.001)


def test_what_is_as_likely_as_the_last_is_kept():
    made = drawn(np.zeros((100, 4)), (np.arange(100) + 0.5) / 100, [Sampling(top_k=1)] * 100)
    assert set(made) == {0, 1, 2, 3}
