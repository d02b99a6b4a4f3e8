from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from audioml.core.errors import ValidationError
from audioml.train.module import ResumableLoader


class Drawn(torch.utils.data.Dataset):
    def __init__(self, count=10):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        noise = (torch.rand(()).item(), np.random.random(), random.random())  # noqa: NPY002 - as others do
        return torch.tensor([float(index), *noise], dtype=torch.float64)


def epochs(loader, *numbers):
    found = []
    for epoch in numbers:
        loader.batch_sampler.sampler.set_epoch(epoch)
        found.append([batch.tolist() for batch in loader])
    return found


def shuffled(**how):
    return ResumableLoader(Drawn(), **{"batch_size": 3, "seed": 4, "shuffle": True, **how})


def test_epochs_differ_and_follow_from_seed_and_number():
    first, second = epochs(shuffled(), 0, 1)
    assert first != second
    assert epochs(shuffled(), 1) == [second]
    assert epochs(shuffled(seed=5), 0) != [first]


def test_every_item_comes_once():
    ((*batches,),) = epochs(ResumableLoader(Drawn(), batch_size=3), 0)
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    assert [row[0] for batch in batches for row in batch] == list(range(10))


@pytest.mark.parametrize("done", [0, 1, 2])
def test_an_epoch_goes_on_in_the_middle(done):
    ((*whole,),) = epochs(shuffled(), 2)
    loader = shuffled()
    loader.batch_sampler.sampler.set_epoch(2)
    begun = iter(loader)
    for _ in range(done):
        next(begun)
    other = shuffled()
    other.load_state_dict(loader.state_dict())
    assert epochs(other, 2) == [whole[done:]]
    assert epochs(other, 2) == [whole]  # and the next is whole again


def test_after_a_whole_epoch_comes_a_whole_one():
    loader = shuffled()
    epochs(loader, 0)
    other = shuffled()
    other.load_state_dict(loader.state_dict())
    assert len(epochs(other, 1)[0]) == 3


def test_workers_draw_the_same():
    assert epochs(shuffled(workers=1), 0, 1) == epochs(shuffled(), 0, 1)


def test_processes_share_an_epoch(monkeypatch):
    seen = []
    for rank in range(2):
        loader = ResumableLoader(Drawn(9), batch_size=2, seed=1, shuffle=True)
        monkeypatch.setattr(loader.batch_sampler, "_share", lambda rank=rank: (rank, 2))
        assert len(loader) == 2
        seen.append({row[0] for batch in epochs(loader, 0)[0] for row in batch})
    assert not seen[0] & seen[1]


def test_processes_take_as_many_steps_though_items_do_not_divide(monkeypatch):
    counts = []
    for rank in range(2):
        loader = ResumableLoader(Drawn(9), batch_size=2)
        monkeypatch.setattr(loader.batch_sampler, "_share", lambda rank=rank: (rank, 2))
        counts.append([len(batch) for batch in epochs(loader, 0)[0]])
    assert counts[0] == counts[1] == [2, 2, 1]


def test_less_than_a_batch_is_a_batch():
    assert len(epochs(shuffled(batch_size=99), 0)[0][0]) == 10


def test_another_length_is_refused():
    with pytest.raises(ValidationError, match="same data, batch size and processes"):
        shuffled(batch_size=5).load_state_dict(shuffled().state_dict())


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="'batch_size' must be at least 1, got 0"):
        ResumableLoader(Drawn(), batch_size=0)
