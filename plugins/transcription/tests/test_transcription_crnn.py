"""The CRNN against its formulas, written again in numpy."""

import numpy as np
import pytest
import torch

from audioml.core.errors import IntegrityError
from audioml_transcription.networks.crnn import CRNN, Widths, published

TINY = Widths(convolutions=(2, 3, 3, 4), features=5, recurrent=3, mels=32)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    net = CRNN(TINY).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
    for parameter in net.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return net


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(x, w, name, eps, axis):
    shape = [1] * x.ndim
    shape[axis] = -1
    mean, var, scale, bias = (
        w[f"{name}.{part}"].reshape(shape)
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(var + eps) * scale + bias


def convolved(x, kernel):
    """3 x 3 over axes 1 and 2 of (channels, t, f), zeros around."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("ctfij,ocij->otf", patches, kernel)


def gru_one_way(x, w, name, suffix):
    wi, wh, bi, bh = (
        w[f"{name}.{part}_{suffix}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    size, state, out = wh.shape[1], np.zeros(wh.shape[1]), []
    for now in x:
        a, b = wi @ now + bi, wh @ state + bh
        r, z = sigmoid(a[:size] + b[:size]), sigmoid(a[size : 2 * size] + b[size : 2 * size])
        new = np.tanh(a[2 * size :] + r * b[2 * size :])
        state = (1 - z) * new + z * state
        out.append(state)
    return np.array(out)


def gru(x, w, name, layers):
    for layer in range(layers):
        forth = gru_one_way(x, w, name, f"l{layer}")
        back = gru_one_way(x[::-1], w, name, f"l{layer}_reverse")[::-1]
        x = np.concatenate([forth, back], axis=1)
    return x


def stack(x, w, name):
    for block in range(1, 5):
        for conv in (1, 2):
            x = convolved(x, w[f"{name}.conv_block{block}.conv{conv}.weight"])
            x = np.maximum(norm(x, w, f"{name}.conv_block{block}.bn{conv}", 0.01, 0), 0)
        x = x[..., : x.shape[2] // 2 * 2].reshape(*x.shape[:2], -1, 2).mean(axis=3)
    x = x.transpose(1, 0, 2).reshape(x.shape[1], -1) @ w[f"{name}.fc5.weight"].T
    x = np.maximum(norm(x, w, f"{name}.bn5", 1e-5, 1), 0)
    x = gru(x, w, f"{name}.gru", 2)
    return x @ w[f"{name}.fc.weight"].T + w[f"{name}.fc.bias"]


def notes_by_formula(mels, w):
    x = norm(mels, w, "note_model.bn0", 0.01, 1)[np.newaxis]
    onset, offset, frame, velocity = (
        sigmoid(stack(x, w, f"note_model.{name}_model"))
        for name in ("reg_onset", "reg_offset", "frame", "velocity")
    )
    struck = np.concatenate([onset, np.sqrt(onset) * velocity], axis=1)
    fc = (w["note_model.reg_onset_fc.weight"].T, w["note_model.reg_onset_fc.bias"])
    onset = sigmoid(gru(struck, w, "note_model.reg_onset_gru", 1) @ fc[0] + fc[1])
    known = np.concatenate([frame, onset, offset], axis=1)
    fc = (w["note_model.frame_fc.weight"].T, w["note_model.frame_fc.bias"])
    frame = sigmoid(gru(known, w, "note_model.frame_gru", 1) @ fc[0] + fc[1])
    return np.stack([onset, offset, frame, velocity])


def test_it_computes_its_formulas(network):
    mels = np.random.default_rng(0).normal(size=(9, 32))
    weights = {n: v.double().numpy() for n, v in network.state_dict().items()}
    with torch.no_grad():
        notes, pedal = network(torch.tensor(mels, dtype=torch.float32)[None])
    np.testing.assert_allclose(
        notes[0].sigmoid().numpy(), notes_by_formula(mels, weights), atol=2e-5
    )
    x = norm(mels, weights, "pedal_model.bn0", 0.01, 1)[np.newaxis]
    frame = stack(x, weights, "pedal_model.reg_pedal_frame_model")[:, 0]
    np.testing.assert_allclose(pedal[0, 2].numpy(), frame, atol=2e-4)


def test_it_has_as_many_parameters_as_published():
    with torch.device("meta"):
        network = CRNN()
    sizes = [
        sum(p.numel() for p in part.parameters())
        for part in (network.note_model, network.pedal_model)
    ]
    assert [round(size / 1e6, 2) for size in sizes] == [20.22, 13.86]
    assert round(sum(sizes) / 1e6, 2) == 34.08


@pytest.mark.parametrize("layout", ["together", "bare"])
def test_the_published_layout_is_loaded(network, layout):
    fixed = {"spectrogram_extractor.stft.conv_real.weight": torch.zeros(1)}
    parts = {
        name: {**getattr(network, name).state_dict(), **fixed}
        for name in ("note_model", "pedal_model")
    }
    given = {"model": parts, "iteration": 200000} if layout == "together" else parts
    other = CRNN(TINY).eval()
    other.load_state_dict(published(given))
    mels = torch.randn(1, 6, 32)
    with torch.no_grad():
        torch.testing.assert_close(other(mels)[0], network(mels)[0])


def test_a_part_that_was_trained_alone_is_known(network):
    state = published({"model": network.note_model.state_dict()})
    assert set(state) == {f"note_model.{name}" for name in network.note_model.state_dict()}


def test_another_checkpoint_is_refused():
    with pytest.raises(IntegrityError, match="not one of the high-resolution"):
        published({"model": {"encoder.weight": torch.zeros(1)}})


def test_mels_are_a_hundred_frames_a_second():
    from audioml_transcription.networks.logmel import LogMel

    found = LogMel()(torch.zeros(2, 16000))
    assert found.shape == (2, 101, 229)
    assert float(found.max()) == -100
