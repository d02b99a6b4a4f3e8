from __future__ import annotations

import math

import pytest
import torch

from audioml.core.errors import ValidationError
from audioml.train.module import warm_cosine, warm_cosine_factor


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine():
    shape = {"steps": 110, "warm_up": 10, "floor": 0.1}
    rising = [warm_cosine_factor(step, **shape) for step in range(10)]
    assert rising == pytest.approx([0.1 * (step + 1) for step in range(10)])
    for step in range(10, 110):
        expected = 0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * (step - 10) / 100))
        assert warm_cosine_factor(step, **shape) == pytest.approx(expected)
    assert warm_cosine_factor(500, **shape) == pytest.approx(0.1)


def test_torchs_own_cosine_is_the_same():
    def optimizer():
        return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)

    ours, theirs = optimizer(), optimizer()
    schedules = [
        warm_cosine(ours, steps=50, warm_up=0, floor=0.0),
        torch.optim.lr_scheduler.CosineAnnealingLR(theirs, 50),
    ]
    for _ in range(50):
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"], abs=1e-9)
        for each, schedule in zip((ours, theirs), schedules, strict=True):
            each.step()
            schedule.step()


def test_a_short_run_is_not_all_warm_up():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    warm_cosine(optimizer, steps=10, warm_up=1000)
    assert optimizer.param_groups[0]["lr"] == 1.0


@pytest.mark.parametrize("wrong", [{"warm_up": -1}, {"floor": 1.5}])
def test_wrong_shapes_are_refused(wrong):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValidationError, match="'warm_up' must be at least 0"):
        warm_cosine(optimizer, steps=10, **wrong)
