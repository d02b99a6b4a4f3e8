import itertools
import json

import numpy as np
import pytest

from audioml.core.corpus import Corpus, CorpusWriter, WindowSampler
from audioml.core.errors import ValidationError

pytest.importorskip("pyarrow")
SIZES = [35, 100, 7, 64, 10]  # 3 + 10 + 0 + 6 + 1 windows of 10


@pytest.fixture
def corpus(tmp_path):
    with CorpusWriter(tmp_path / "corpus", rate=100, shard_bytes=400) as writer:
        for n, size in enumerate(SIZES):
            writer.append(str(n), (1000 * n + np.arange(size)).astype(np.int16))
    return Corpus.open(tmp_path / "corpus")


def test_an_epoch_draws_windows_that_do_not_overlap_from_every_row(corpus):
    sampler = WindowSampler(corpus, length=10)
    assert len(sampler) == 20
    for epoch in range(5):
        windows = sorted(sampler.draw(20))
        assert sampler.epoch == epoch
        rows = [row for row, _ in windows]
        assert [rows.count(n) for n in range(5)] == [3, 10, 0, 6, 1]
        for (row, start), (next_row, next_start) in itertools.pairwise(windows):
            assert 0 <= start <= SIZES[row] - 10
            assert next_row > row or next_start == start + 10


def test_epochs_differ_in_order_and_in_where_windows_begin(corpus):
    sampler = WindowSampler(corpus, length=10)
    first, second = sampler.draw(20), sampler.draw(20)
    assert sorted(first) != sorted(second)
    assert WindowSampler(corpus, length=10, seed=1).draw(20) != first
    assert WindowSampler(corpus, length=10).draw(20) == first


def test_a_batch_holds_the_samples_of_its_windows(corpus):
    windows = WindowSampler(corpus, length=10).draw(25)
    batch = WindowSampler(corpus, length=10).batch(25)
    assert batch.shape == (25, 10)
    expected = [1000 * row + start + np.arange(10) for row, start in windows]
    np.testing.assert_array_equal(batch, expected)


@pytest.mark.parametrize("drawn", [0, 7, 20, 33])
def test_a_saved_state_goes_on_where_it_was(corpus, drawn):
    sampler = WindowSampler(corpus, length=10, seed=3)
    sampler.draw(drawn)
    state = json.loads(json.dumps(sampler.state))
    expected = sampler.draw(50)
    other = WindowSampler(corpus, length=10, seed=3)
    other.restore(state)
    assert other.draw(50) == expected


def test_a_state_of_another_sampler_is_refused(corpus):
    state = WindowSampler(corpus, length=10, seed=3).state
    with pytest.raises(ValidationError, match="has seed=3, but here it is 0"):
        WindowSampler(corpus, length=10).restore(state)
    with pytest.raises(ValidationError, match="has windows=20, but here it is 10"):
        WindowSampler(corpus.filter(id="1"), length=10, seed=3).restore(state)


def test_processes_share_an_epoch(corpus):
    parts = [WindowSampler(corpus, length=10, rank=n, world=3) for n in range(3)]
    drawn = [window for part in parts for window in part.draw(len(part))]
    assert [len(part) for part in parts] == [6, 6, 6]
    assert len(set(drawn)) == 18
    assert set(drawn) < set(WindowSampler(corpus, length=10).draw(20))


@pytest.mark.parametrize("bad", [{"length": 0}, {"length": 101}, {"length": 10, "rank": 1}])
def test_what_cannot_be_drawn_is_refused(corpus, bad):
    with pytest.raises(ValidationError):
        WindowSampler(corpus, **bad)
