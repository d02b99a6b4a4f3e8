"""The network in torch against its definition in double precision."""

import numpy as np
import pytest
import torch
import wavenet_tiny

from audioml.core.errors import ValidationError
from audioml_wavenet.architecture import PRESETS, Architecture
from audioml_wavenet.networks.exchange import network_of, weights_of
from audioml_wavenet.networks.wavenet import WaveNet
from audioml_wavenet.reference import forward
from audioml_wavenet.weights import random

BARE = Architecture(dilations=(2, 1), residual=3, gate=4, skip=5, head=(), adds=False)
EVERY = {"odd": wavenet_tiny.ODD, "bare": BARE, **PRESETS}


@pytest.mark.parametrize("name", EVERY)
def test_exported_weights_give_the_logits_of_the_network(name):
    architecture = EVERY[name]
    torch.manual_seed(3)
    network = WaveNet(architecture)
    for parameter in network.parameters():  # so that biases and genres count
        torch.nn.init.normal_(parameter, std=0.08)
    weights = weights_of(architecture, network.state_dict())
    field = architecture.receptive_field
    tokens = np.random.default_rng(0).integers(0, 256, (2, field + 40))
    genres = [1 if architecture.conditions else -1, -1]
    given = torch.from_numpy(tokens), torch.tensor(genres)
    with torch.no_grad():
        every, filled = network(*given), network(*given, filled=True)
    for at, genre in enumerate(genres):
        wanted = forward(weights, tokens[at], condition=None if genre < 0 else genre)
        np.testing.assert_allclose(every[at], wanted, atol=1e-4)
        np.testing.assert_allclose(filled[at], wanted[field - 1 :], atol=1e-4)


def test_weights_go_in_as_they_came_out():
    weights = random(wavenet_tiny.ODD, seed=1)
    again = weights_of(weights.architecture, network_of(weights).state_dict())
    for name, array in weights.arrays.items():
        np.testing.assert_array_equal(again[name], array)


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValidationError, match="array 'head.1' is missing"):
        weights_of(PRESETS["small10"], WaveNet(BARE).state_dict())


def test_what_comes_later_changes_nothing_before():
    network = WaveNet(wavenet_tiny.ODD)
    tokens = torch.randint(0, 256, (1, 60))
    other = tokens.clone()
    other[:, 30:] = (other[:, 30:] + 100) % 256
    with torch.no_grad():
        difference = (network(tokens) - network(other)).abs().amax(-1)[0]
    assert difference[:30].max() == 0
    assert difference[30:].min() > 0
