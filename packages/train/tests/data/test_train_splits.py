from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.corpus.splits import SPLITS, seed_that_fills
from audioml.core.errors import UsageError
from audioml.train.data.grouping import splits_of
from audioml.train.data.items import Item
from audioml.train.data.settings import Settings
from audioml.train.data.splitting import leaks, named_split

names = st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=30)
titles = names.map(lambda found: {name for name in found if any(map(str.isalnum, name))})
shares = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda s: tuple(x / sum(s) for x in s))


def settings(**given):
    return Settings(source_path=Path("here"), **given)


def items(names, **facts):
    return [Item(name=name, audio=Path(name), **facts) for name in sorted(names)]


def splits(found, settings, digests=None):
    digests = digests or {item.name: item.name for item in found}
    return splits_of(found, digests, settings)


@given(names, names, shares, st.integers(0, 9))
def test_files_that_are_added_move_no_other(before, after, shares, seed):
    given = settings(split=shares, seed=seed)
    small, _ = splits(items(before), given)
    large, _ = splits(items(before | after), given)
    assert {name: large[name] for name in small} == small


@given(titles, shares, st.integers(0, 9))
def test_no_group_lies_in_two_splits(found, shares, seed):
    takes = {f"{name}_take{n}" for name in found for n in (1, 2, 3)}
    whole, _ = splits(items(takes), settings(split=shares, seed=seed))
    assert leaks(whole.values()) == {}
    for name in found:
        assert len({whole[f"{name}_take{n}"] for n in (1, 2, 3)}) == 1


@given(names.filter(bool), st.data())
def test_one_sound_under_several_names_is_one_group(found, data):
    sounds = {name: data.draw(st.integers(0, 5)) for name in sorted(found)}
    whole, _ = splits(items(found), settings(), {name: str(s) for name, s in sounds.items()})
    by_sound = {}
    for name, sound in sounds.items():
        assert by_sound.setdefault(sound, whole[name]) == whole[name]


def test_an_artist_lies_in_one_split():
    artists = [f"artist {n % 7}" for n in range(70)]
    found = [Item(name=str(n), audio=Path("x"), artist=a) for n, a in enumerate(artists)]
    whole, _ = splits(found, settings(group="artist", split="50/25/25"))
    assert len({whole[str(n)] for n in range(70)}) == 7
    with pytest.raises(UsageError, match="nothing is known of the 'artist' of 'x'; group by one"):
        splits(items({"x"}), settings(group="artist"))


def test_a_pattern_says_what_the_piece_is():
    found = items({"MAPS_MUS-alb_se3_AkPnBcht", "MAPS_MUS-alb_se3_ENSTDkCl"})
    whole, _ = splits(found, settings(piece=r"MAPS_(?:MUS-)?(.+)_[^_/]+$"))
    assert {group for group, _ in whole.values()} == {"alb_se3"}


def test_given_splits_are_kept_and_their_leaks_told():
    found = items({"a_take1"}, split="train") + items({"a_take2"}, split="test")
    whole, warnings = splits(found, settings())
    assert [split for _, split in whole.values()] == ["train", "test"]
    assert "part the recordings of 'a': they are in test and train" in warnings[0]


def test_given_splits_must_be_given():
    with pytest.raises(UsageError, match="the split of 'b' and 0 more is not given"):
        splits(items({"a"}, split="train") + items({"b"}), settings(split="given"))


def test_an_empty_split_is_told_with_a_seed_that_fills_it():
    found = items({f"song {n}" for n in range(6)})
    seed = seed_that_fills((item.name for item in found), (0.8, 0.1, 0.1))
    whole, warnings = splits(found, settings(seed=seed))
    assert {split for _, split in whole.values()} == set(SPLITS)
    assert warnings == []
    _, warnings = splits(items({"one"}), settings())
    assert "the set is too small for these shares" in warnings[0]


@pytest.mark.parametrize("wrong", ["80/20", "80/10/20", [0.5, 0.5, -0.0001], "all", 3, {"dev": 1}])
def test_shares_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError, match="'split'"):
        settings(split=wrong)


def test_shares_may_be_written_in_several_ways():
    forms = ["80/10/10", [0.8, 0.1, 0.1], (80, 10, 10)]
    forms += [{"train": 0.8, "validation": 0.1, "test": 0.1}]
    assert {settings(split=form).split for form in forms} == {(0.8, 0.1, 0.1)}


def test_words_for_splits_are_known():
    assert [named_split(w) for w in ("Train", "val", "dev", "eval", "")] == [
        *("train", "validation", "validation", "test"),
        None,
    ]
    with pytest.raises(UsageError, match="must be one of train, validation, test, got 'foo'"):
        named_split("foo")
