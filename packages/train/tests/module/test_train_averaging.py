from __future__ import annotations

import torch
from torch import nn

from audioml.train.module.averaging import Pairs, average_into, averaged


def test_the_average_is_that_of_the_formula():
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    average = averaged(network)
    expected = {name: value.clone() for name, value in network.state_dict().items()}
    pairs = Pairs.of(average, network)
    generator = torch.Generator().manual_seed(1)
    for step in range(40):
        with torch.no_grad():
            for value in network.parameters():
                value.add_(torch.randn(value.shape, generator=generator))
            network[1].num_batches_tracked = torch.tensor(step + 1)  # another tensor
        average_into(pairs, step=step, decay=0.9)
        kept = min(0.9, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                expected[name] = kept * expected[name] + (1 - kept) * value
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, expected[name])
    assert average[1].num_batches_tracked == 40  # counts are copied


def test_the_average_is_not_trained():
    average = averaged(nn.Linear(2, 2))
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert not average.training
