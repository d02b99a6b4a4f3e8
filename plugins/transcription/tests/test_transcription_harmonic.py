import numpy as np
import pytest
import torch

from audioml_transcription.networks.harmonic import CONTEXT, HarmonicNet, Probabilities
from audioml_transcription.spectrum import BINS


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    net = HarmonicNet(width=8, stem=4).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return net


def spectra(frames, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 2, frames, BINS, generator=generator)


def test_it_answers_for_every_frame_and_key(network):
    with torch.no_grad():
        notes, pedal = network(spectra(30))
    assert notes.shape == (1, 4, 30, 88)
    assert pedal.shape == (1, 3, 30)


def test_it_is_small():
    assert sum(p.numel() for p in HarmonicNet().parameters()) < 600_000


def test_nothing_beyond_the_context_changes_an_answer(network):
    whole = spectra(2 * CONTEXT + 60)
    other = whole.clone()
    other[:, :, :20] += 1
    other[:, :, -20:] -= 1
    with torch.no_grad():
        one, two = network(whole), network(other)
    kept = slice(20 + CONTEXT, 40 + CONTEXT)
    torch.testing.assert_close(one[0][:, :, kept], two[0][:, :, kept], atol=1e-5, rtol=0)
    torch.testing.assert_close(one[1][:, :, kept], two[1][:, :, kept], atol=1e-5, rtol=0)
    assert not torch.allclose(one[1][:, :, 20:CONTEXT], two[1][:, :, 20:CONTEXT], atol=1e-5)


def test_a_semitone_higher_is_answered_a_key_higher():
    network = HarmonicNet(width=8, stem=4).eval()
    low = torch.zeros(1, 2, 20, BINS)
    low[..., 180:192] = spectra(20)[..., 180:192]
    high = torch.roll(low, 3, dims=3)
    with torch.no_grad():
        one, two = network(low)[0], network(high)[0]
    torch.testing.assert_close(one[..., 10:70], two[..., 11:71], atol=1e-5, rtol=0)
    assert one[..., 10:70].std() > 1e-3


def test_probabilities_are_as_the_decoder_takes_them(network):
    with torch.no_grad():
        heads = Probabilities(network)(spectra(30))
    assert [tuple(head.shape) for head in heads] == 4 * [(1, 30, 88)] + [(1, 30, 3)]
    assert all(0 <= float(head.min()) <= float(head.max()) <= 1 for head in heads)


def test_an_untrained_network_hears_next_to_nothing(network):
    with torch.no_grad():
        notes, _ = HarmonicNet().eval()(spectra(30))
    assert float(notes[:, :3].sigmoid().mean()) < 0.3
    assert np.isfinite(notes.numpy()).all()
