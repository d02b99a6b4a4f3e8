"""The encoder that tasks share, and beginning with one that is trained."""

from __future__ import annotations

import pytest
import torch

from audioml.core.errors import IntegrityError, UsageError, ValidationError
from audioml.train.networks import Encoder, Headed, started


@pytest.mark.parametrize("separable", [False, True])
def test_the_encoder_pools_time_and_bands(separable):
    encoder = Encoder(40, width=32, depth=3, separable=separable).eval()
    spectra = torch.randn(2, 40, 50)
    assert encoder.features(spectra).shape == (2, 32, 10, 12)
    assert encoder(spectra).shape == (2, 32)
    assert encoder(torch.randn(2, 40, encoder.least_frames)).shape == (2, 32)
    assert encoder(torch.randn(2, 40, 31)).shape == (2, 32)


def test_it_is_as_small_as_it_says():
    def weights(**given):
        return sum(p.numel() for p in Encoder(64, **given).parameters())

    assert 90_000 < weights() < 110_000
    assert weights(separable=True) < weights() / 6


def test_it_hears_how_high_a_sound_is():
    """A band alone, moved up: a network that pools bands alike could not tell."""
    torch.manual_seed(0)
    encoder = Encoder(64, width=16).eval()
    low, high = torch.zeros(1, 64, 40), torch.zeros(1, 64, 40)
    low[:, 18], high[:, 42] = 5.0, 5.0
    with torch.no_grad():
        silence, low, high = encoder(torch.zeros(1, 64, 40)), encoder(low), encoder(high)
    assert (low - high).norm() > 0.1 * (low - silence).norm()


@pytest.mark.parametrize(
    ("bands", "given", "told"),
    [
        (64, {"width": 4}, "'width' of at least 8"),
        (64, {"depth": 0}, "'depth' of at least 1"),
        (8, {"depth": 5}, "halves 8 bands 4 times, so none is left; take depth=4 or less"),
    ],
)
def test_sizes_that_make_no_sense(bands, given, told):
    with pytest.raises(ValidationError, match=told):
        Encoder(bands, **given)


def test_a_window_that_is_too_short_for_the_blocks():
    assert Headed.of((16, 8), 3, {"width": 16})(torch.zeros(2, 16, 8)).shape == (2, 3)
    with pytest.raises(UsageError, match="7 frames is too short for a network of depth 4"):
        Headed.of((16, 7), 3, {"width": 16})
    with pytest.raises(UsageError, match="task.network: .*'wide'"):
        Headed.of((16, 8), 3, {"wide": 16})


def test_it_is_written_as_onnx(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")
    from audioml.core.models.manifest import Runtime
    from audioml.train.export import check, exportable, write_onnx

    made = exportable(Encoder(16, width=16, depth=3), {"logmel": torch.randn(2, 16, 20)})
    write_onnx(made, tmp_path / "encoder.onnx")
    assert check(made, tmp_path, Runtime("onnx", "encoder.onnx")) < 1e-5


@pytest.fixture
def checkpoint(tmp_path):
    """A function that writes the checkpoint of a network."""

    def write(network, **task):
        path = tmp_path / "best.ckpt"
        state = {f"network.{name}": value for name, value in network.state_dict().items()}
        torch.save({"state_dict": state, "audioml": {"config": {"task": task}}}, path)
        return path

    return write


def test_an_encoder_begins_where_another_ended(checkpoint):
    trained = Headed.of((16, 20), 3, {"width": 16})
    path = checkpoint(trained, features={"n_mels": 16})
    encoder = started(Encoder(16, width=16), path, features={"n_mels": 16})
    spectra = torch.randn(2, 16, 20)
    assert torch.equal(encoder.eval()(spectra), trained.encoder.eval()(spectra))
    before = Encoder(16, width=16)
    assert started(before, None) is before


@pytest.mark.parametrize(
    ("encoder", "features", "told"),
    [
        (Encoder(16, width=32), {"n_mels": 16}, r"is \(.*\) there and \(.*\) here"),
        (Encoder(16, width=16, depth=3), {"n_mels": 16}, "'blocks.2.* there and .* here"),
        (Encoder(16, width=16), {"n_mels": 16, "fmin": 9.0}, "fmin=None there and 9.0 here"),
        (Encoder(16, width=16), {"n_mels": 16, "rate": 8000}, "rate=4000 there and 8000 here"),
    ],
)
def test_an_encoder_that_does_not_fit(checkpoint, encoder, features, told):
    path = checkpoint(Headed.of((16, 20), 3, {"width": 16}), features={"n_mels": 16}, rate=4000)
    with pytest.raises(UsageError, match=told):
        started(encoder, path, features=features)


def test_checkpoints_without_an_encoder(checkpoint, tmp_path):
    with pytest.raises(UsageError, match="has no encoder to begin with"):
        started(Encoder(16), checkpoint(torch.nn.Linear(2, 2)))
    other = torch.nn.ModuleDict({"encoder": torch.nn.Linear(2, 2)})
    with pytest.raises(UsageError, match="'bands.bias' is only here"):
        started(Encoder(16), checkpoint(other))
    (tmp_path / "no.ckpt").write_bytes(b"no")
    with pytest.raises(IntegrityError, match="is no checkpoint"):
        started(Encoder(16), tmp_path / "no.ckpt")
