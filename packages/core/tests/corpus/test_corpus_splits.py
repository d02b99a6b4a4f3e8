from collections import Counter

import pytest

from audioml.core.corpus.splits import SPLITS, seed_that_fills, split_of


def test_shares_are_kept_on_average():
    found = Counter(split_of(str(n), (0.8, 0.1, 0.1)) for n in range(5000))
    assert [found[name] / 5000 for name in SPLITS] == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_a_share_of_nothing_gets_nothing():
    assert {split_of(str(n), (0.0, 0.0, 1.0)) for n in range(50)} == {"test"}
    assert {split_of(str(n), (0.5, 0.5, 0.0)) for n in range(50)} == {"train", "validation"}


def test_what_comes_later_moves_nobody_and_another_seed_does():
    names = [str(n) for n in range(200)]
    found = [split_of(name, (0.5, 0.25, 0.25)) for name in names]
    assert found == [split_of(name, (0.5, 0.25, 0.25)) for name in names]
    assert found != [split_of(name, (0.5, 0.25, 0.25), seed=1) for name in names]


def test_a_seed_that_fills_every_split():
    shares, groups = (0.8, 0.1, 0.1), [f"song {n}" for n in range(6)]
    seed = seed_that_fills(groups, shares)
    assert {split_of(name, shares, seed=seed) for name in groups} == set(SPLITS)
    assert seed_that_fills(["one", "other"], shares) is None
