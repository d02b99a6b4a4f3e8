import numpy as np
import pytest

from audioml.core.errors import IntegrityError, UsageError, ValidationError
from audioml_crema.gru import BidirectionalGRU
from audioml_crema.network import Network
from audioml_crema.session import CremaBackend


def random_features(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-80, 0, shape).astype(np.float32)


def plain_gru(inputs, kernel, bias, recurrent):
    """One direction, as Keras 2 writes it down."""
    units, state, states = len(recurrent), np.zeros(len(recurrent)), []
    for step in inputs @ kernel + bias:
        update, reset = np.clip(
            0.2 * (step[: 2 * units] + state @ recurrent[:, : 2 * units]) + 0.5, 0, 1
        ).reshape(2, units)
        candidate = np.tanh(step[2 * units :] + (reset * state) @ recurrent[:, 2 * units :])
        state = update * state + (1 - update) * candidate
        states.append(state)
    return np.array(states)


@pytest.mark.parametrize("steps", [1, 7, 512, 1100])
def test_the_gru_is_the_one_of_keras(steps):
    random = np.random.default_rng(1)
    kernel, recurrent = random.normal(0, 0.4, (2, 5, 12)), random.normal(0, 0.4, (2, 4, 12))
    bias, scale, shift = random.normal(size=(2, 12)), random.normal(size=5), random.normal(size=5)
    inputs = random.normal(size=(steps, 5))
    normed = inputs * scale + shift
    expected = np.concatenate(
        [
            plain_gru(normed, kernel[0], bias[0], recurrent[0]),
            plain_gru(normed[::-1], kernel[1], bias[1], recurrent[1])[::-1],
        ],
        axis=1,
    )
    single = [a.astype(np.float32) for a in (kernel, bias, recurrent, scale, shift)]
    layer = BidirectionalGRU.folded(*single[:3], scale=single[3], shift=single[4])
    np.testing.assert_allclose(layer(inputs.astype(np.float32)), expected, atol=1e-5)


@pytest.fixture(scope="session")
def session(chord_folder):
    return CremaBackend().load(chord_folder / "weights.npz")


@pytest.mark.parity
@pytest.mark.weights
def test_the_heads_are_cremas_to_five_places(session, recording):
    outputs = session.run({"cqt_mag": recording.features[np.newaxis]})
    for name, expected in recording.heads.items():
        np.testing.assert_allclose(outputs[name][0], expected, atol=1e-5, err_msg=name)


@pytest.mark.weights
def test_the_convolution_is_the_plain_one(session, chord_folder):
    with np.load(chord_folder / "weights.npz", allow_pickle=False) as weights:
        features = random_features(9, 216, 2)
        scale = weights["norm1.gamma"] / np.sqrt(weights["norm1.variance"] + 1e-3)
        normed = (features - weights["norm1.mean"]) * scale + weights["norm1.beta"]
        padded = np.pad(normed, ((2, 2), (2, 2), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(0, 1))
        kernel = weights["conv1.kernel"][..., 0]
        expected = np.einsum("tfcij,ijc->tf", windows, kernel) + weights["conv1.bias"]
        expected = np.maximum(expected, 0)
        norm2 = weights["norm2.gamma"] / np.sqrt(weights["norm2.variance"] + 1e-3)
        expected = (expected - weights["norm2.mean"]) * norm2 + weights["norm2.beta"]
        expected = expected @ weights["conv2.kernel"][0, :, 0] + weights["conv2.bias"]
    np.testing.assert_allclose(
        session._network._convolved(features), np.maximum(expected, 0), atol=1e-4
    )


@pytest.mark.weights
def test_rows_are_answered_one_by_one(session):
    both = random_features(2, 700, 216, 2)
    together = session.run({"cqt_mag": both})
    assert {name: head.shape for name, head in together.items()} == {
        "chord_tag": (2, 700, 170),
        "chord_pitch": (2, 700, 12),
        "chord_root": (2, 700, 13),
        "chord_bass": (2, 700, 13),
    }
    for row in range(2):
        alone = session.run({"cqt_mag": both[row : row + 1]})
        for name, head in alone.items():
            np.testing.assert_array_equal(head[0], together[name][row])


@pytest.mark.weights
def test_probabilities_sum_to_one(session):
    outputs = session.run({"cqt_mag": random_features(1, 20, 216, 2)})
    for name in ("chord_tag", "chord_root", "chord_bass"):
        np.testing.assert_allclose(outputs[name].sum(axis=-1), 1, atol=1e-5)
    assert ((outputs["chord_pitch"] >= 0) & (outputs["chord_pitch"] <= 1)).all()


@pytest.mark.weights
@pytest.mark.parametrize("shape", [(3, 216, 2), (1, 3, 216, 1), (1, 0, 216, 2), (0, 3, 216, 2)])
def test_other_shapes_are_refused(session, shape):
    with pytest.raises(ValidationError, match=r"must have shape \(rows, t, 216, 2\), got"):
        session.run({"cqt_mag": np.zeros(shape, np.float32)})


def test_it_runs_on_the_cpu_only(tmp_path):
    with pytest.raises(UsageError, match="'cpu' only, got 'cuda'"):
        CremaBackend().load(tmp_path / "weights.npz", device="cuda")


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no weights")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.savez(tmp_path / "pickled.npz", **{"norm1.gamma": np.array([{}], object)})
    for name in ("text", "other", "pickled", "absent"):
        with pytest.raises(IntegrityError, match="does not hold the weights of crema"):
            CremaBackend().load(tmp_path / f"{name}.npz")


def test_a_network_needs_its_weights():
    with pytest.raises(KeyError):
        Network.from_weights({})
