import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml_crema.viterbi import viterbi_loop


def plain(probabilities, stay):
    """Every way into every state."""
    tiny = np.finfo(np.float32).tiny
    logs = np.log(probabilities + tiny).astype(float)
    steps, states = logs.shape
    ways = np.full((states, states), np.log((1 - stay) / max(states - 1, 1) + tiny))
    np.fill_diagonal(ways, np.log(stay + tiny))
    score, back = logs[0], np.zeros((steps, states), int)
    for step in range(1, steps):
        into = score[:, np.newaxis] + ways
        back[step] = into.argmax(axis=0)
        score = into.max(axis=0) + logs[step]
    path = [int(score.argmax())]
    for step in range(steps - 1, 0, -1):
        path.append(int(back[step, path[-1]]))
    return path[::-1]


@settings(deadline=None)
@given(
    steps=st.integers(1, 40),
    states=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([2, 3, 1000]),  # few levels make many ties
    more=st.floats(0, 0.999),
)
def test_it_finds_the_path_of_the_plain_algorithm(steps, states, seed, levels, more):
    random = np.random.default_rng(seed)
    probabilities = random.integers(0, levels, (steps, states)).astype(np.float32) / levels
    stay = max(1 / states, more)
    assert viterbi_loop(probabilities, stay=stay).tolist() == plain(probabilities, stay)


def test_it_finds_librosas_path():
    sequence = pytest.importorskip("librosa.sequence", reason="librosa is not installed")
    random = np.random.default_rng(3)
    probabilities = random.dirichlet(np.full(170, 0.05), 200).astype(np.float32)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    transition = sequence.transition_loop(170, 0.957154635467057)
    expected = sequence.viterbi_discriminative(probabilities.T, transition)
    np.testing.assert_array_equal(viterbi_loop(probabilities, stay=0.957154635467057), expected)
