import json

import numpy as np
import pytest
import vggish_tiny

from audioml.core.audio import write
from audioml.core.errors import UsageError
from audioml.core.testing import sounds as testing
from audioml_vggish.graph import build
from audioml_vggish.int8 import calibration, convert
from audioml_vggish.int8.arithmetic import Integers, quantised
from audioml_vggish.int8.calibration import Calibration, recorded
from audioml_vggish.int8.parity import compared
from audioml_vggish.int8.ranges import observed
from audioml_vggish.int8.runtime import outputs
from audioml_vggish.int8.sounds import sounds
from audioml_vggish.network import layers, whitening

# a network with enough channels that its errors average out
SHAPES = {
    "conv1": (3, 3, 1, 8),
    "conv2": (3, 3, 8, 16),
    "conv3/conv3_1": (3, 3, 16, 16),
    "conv3/conv3_2": (3, 3, 16, 16),
    "conv4/conv4_1": (3, 3, 16, 16),
    "conv4/conv4_2": (3, 3, 16, 16),
    "fc1/fc1_1": (384, 64),
    "fc1/fc1_2": (64, 64),
    "fc2": (64, 32),
}


@pytest.fixture(scope="module")
def made() -> Calibration:
    """A few of the sounds that a network is fitted to."""
    from audioml.core.values import Audio
    from audioml_vggish.features import VGGishLogMel

    def examples(seed):
        rows = [VGGishLogMel()(Audio(s, 16000)).tensors["examples"] for s in sounds(7, seed=seed)]
        return np.concatenate(rows)

    return Calibration(examples(1), examples(2), "a few")


def test_sounds_are_made_by_seed_and_of_all_kinds():
    one, again, other = (list(sounds(7, seed=seed)) for seed in (1, 1, 2))
    for sound, same, another in zip(one, again, other, strict=True):
        assert (sound.dtype, sound.shape) == (np.float32, (15600 + 3 * 15360,))
        np.testing.assert_array_equal(sound, same)
        assert np.abs(sound).max() <= 1.0
        assert not another.any() or not np.array_equal(sound, another)


def test_weights_are_rounded_for_each_output_and_the_mean_error_is_known():
    network = vggish_tiny.arrays(SHAPES)
    for layer in layers(network):
        read = layer.weights.shape[0 if layer.dense else 1]
        mean = np.random.default_rng(0).random(read)
        stored, scales, mistaken = quantised(layer, mean=mean)
        weights = layer.weights if layer.dense else layer.weights.transpose(1, 2, 3, 0)
        steps = stored if layer.dense else stored.transpose(1, 2, 3, 0)
        assert np.abs(steps.astype(int)).max(axis=tuple(range(steps.ndim - 1))).min() == 127
        error = steps * scales - weights
        assert np.abs(error).max() <= scales.max() / 2 * 1.001
        wanted = np.tensordot(mean, error.sum(axis=tuple(range(1, error.ndim - 1))), 1)
        np.testing.assert_allclose(mistaken, wanted, rtol=1e-3, atol=1e-6)


def test_what_layers_hear_is_observed(made):
    network = vggish_tiny.arrays(SHAPES)
    heard = observed(layers(network), made.fitted)
    first = heard["conv1"]
    assert (first.lowest, first.highest) == pytest.approx((made.fitted.min(), made.fitted.max()))
    np.testing.assert_allclose(first.mean, [made.fitted.mean()], rtol=1e-5)
    last = heard["fc2"]
    assert last.lowest == 0.0
    assert last.mean.shape == (64,)
    assert last.count == len(made.fitted)


def test_integers_stay_close_to_single_precision(made, tmp_path):
    network = vggish_tiny.arrays(SHAPES)
    pca = whitening(vggish_tiny.pca(32), size=32)
    build(layers(network), pca).write(tmp_path / "exact.onnx")
    parity = convert.add_integers(tmp_path, tmp_path / "exact.onnx", network, pca, made)
    assert parity.holds
    assert parity.cosine_mean > 0.99
    assert parity.eight_bits_mean < 6
    assert json.loads((tmp_path / "parity.json").read_text()) == parity.figures
    found = outputs(tmp_path / "vggish.int8.onnx", made.tried)
    assert found["whitened"].dtype == np.float64


def test_taking_the_mean_error_back_makes_integers_better(made, tmp_path):
    network = vggish_tiny.arrays(SHAPES)
    heard = observed(layers(network), made.fitted)
    build(layers(network), None).write(tmp_path / "exact.onnx")
    exact = outputs(tmp_path / "exact.onnx", made.tried)["embedding"]
    errors = []
    for mended in (True, False):
        if not mended:
            for each in heard.values():
                each.mean = np.zeros_like(each.mean)
        build(layers(network), None, arithmetic=Integers(heard)).write(tmp_path / "i.onnx")
        errors.append(np.abs(outputs(tmp_path / "i.onnx", made.tried)["embedding"] - exact).mean())
    assert errors[0] < 0.9 * errors[1]


def test_integers_that_are_too_far_off_are_left_out(made, tmp_path, monkeypatch):
    network = vggish_tiny.arrays(SHAPES)
    build(layers(network), None).write(tmp_path / "exact.onnx")
    deaf = Calibration(made.fitted * 0 - 4.6, made.tried, "silence")  # all else is clipped
    parity = convert.add_integers(tmp_path, tmp_path / "exact.onnx", network, None, deaf)
    assert not parity.holds
    assert not (tmp_path / "vggish.int8.onnx").exists()
    assert json.loads((tmp_path / "parity.json").read_text())["holds"] is False


def test_differences_in_figures():
    one = {"embedding": np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])}
    other = {"embedding": np.array([[6.0, 8.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])}
    parity = compared(one, other, sounds="x")
    assert parity.cosine_min == 0.0
    assert parity.cosine_mean == pytest.approx(0.5)
    assert parity.eight_bits_max is None
    whitened, other = np.array([[0.0, 1.0]]), np.array([[0.0, 1.0 + 3 * 4 / 255]])
    parity = compared(
        {"embedding": np.ones((1, 2)), "whitened": whitened},
        {"embedding": np.ones((1, 2)), "whitened": other},
        sounds="x",
    )
    assert (parity.eight_bits_max, parity.eight_bits_mean) == (3, 1.5)
    assert parity.holds


def test_what_all_embeddings_share_does_not_count():
    one, other = np.array([[30.0, 1.0], [30.0, -1.0]]), np.array([[30.0, -1.0], [30.0, 1.0]])
    parity = compared({"embedding": one}, {"embedding": other}, sounds="x")
    assert parity.cosine_mean > 0.99
    assert parity.centred_cosine_mean == pytest.approx(-1.0)
    assert not parity.holds


def test_recordings_of_the_user(tmp_path):
    for index in range(8):
        write(tmp_path / f"{index}.wav", testing.noise(2.0, rate=22050, seed=index))
    (tmp_path / "notes.txt").write_text("no sound")
    found = recorded(tmp_path)
    assert "8 of the user's own recordings, of which 2" in found.about
    assert (found.fitted.shape, found.tried.shape) == ((12, 96, 64), (4, 96, 64))


def test_a_long_recording_is_thinned(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "_MOST", 12)
    for index in range(4):
        write(tmp_path / f"{index}.wav", testing.noise(6.0, rate=16000, seed=index))
    assert len(recorded(tmp_path).fitted) == 9


def test_a_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(UsageError, match="holds 0 recordings that can be read; expected 4"):
        recorded(tmp_path)
    with pytest.raises(UsageError, match="is not a folder of recordings"):
        recorded(tmp_path / "gone")
