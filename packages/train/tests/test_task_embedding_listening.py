"""Which recordings the same users like, and what a table of interactions may look like."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from audioml.core.errors import NotFoundError, ValidationError
from audioml.train.tasks.embedding.listening import liked_together, read_interactions

NAMES = ["rock/a", "rock/b", "jazz/c", "jazz/d", "folk/a"]


def table(tmp_path, text):
    path = tmp_path / "interactions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_recordings_are_known_by_name_ending_and_end_of_path(tmp_path) -> None:
    path = table(tmp_path, "user;item;rating\n1;rock/a;5\n1;b.mp3;4\n2;jazz/c.wav;1\n2;jazz/c;1\n")
    assert read_interactions(path, NAMES) == [("1", "rock/a"), ("1", "rock/b"), ("2", "jazz/c")]


def test_what_could_be_two_recordings_is_none_and_is_told(tmp_path, caplog) -> None:
    path = table(tmp_path, "user,item\n1,a\n1,c\n")
    with caplog.at_level(logging.WARNING, "audioml.train"):
        logging.getLogger("audioml").propagate = True
        assert read_interactions(path, NAMES) == [("1", "jazz/c")]
    assert "1 items of" in caplog.text
    assert "such as 'a'" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,item\n1,x\n", "none of the 1 items of .*, such as 'x', is a recording"),
        ("who,what\n1,rock/a\n", "needs the columns 'user' and 'item'; it has 'who, what'"),
        ("user,item\n1\n", "line 2 of .* has no user and item"),
        ("", "needs the columns"),
    ],
)
def test_a_table_that_says_nothing_is_refused(tmp_path, text, said) -> None:
    with pytest.raises(ValidationError, match=said):
        read_interactions(table(tmp_path, text), NAMES)


def test_a_table_that_is_not_there(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="there is no table of interactions"):
        read_interactions(tmp_path / "none.csv", NAMES)


def test_what_is_liked_together_most_comes_first() -> None:
    likes = {"1": "abc", "2": "abc", "3": "ab", "4": "cd", "5": "cd", "6": "c"}
    pairs = [(user, item) for user, items in likes.items() for item in items]
    found = liked_together(pairs, list("abcd"), most=2)
    # a: b by 3 of 3 and 3, c by 2 of 3 and 5; d is liked with c alone, by 2
    assert found.tolist() == [[1, 2], [0, 2], [3, 0], [2, -1]]


def test_the_table_is_that_of_all_cosines() -> None:
    random = np.random.default_rng(0)
    liked = random.random((80, 12)) < 0.2
    pairs = [(f"u{u}", f"i{i}") for u, i in zip(*np.nonzero(liked), strict=True)]
    found = liked_together(pairs, [f"i{i}" for i in range(12)], most=3, users=1)
    both = (liked.T @ liked.astype(float)).astype(float)
    cosine = both / np.sqrt(np.outer(np.diag(both), np.diag(both)))
    np.fill_diagonal(cosine, -1)
    for row, expected in zip(found, cosine, strict=True):
        assert np.allclose(expected[row], np.sort(expected)[::-1][:3])


def test_what_one_user_likes_is_chance() -> None:
    assert (liked_together([("1", "a"), ("1", "b")], ["a", "b"]) == -1).all()


def test_recordings_of_another_split_are_not_seen() -> None:
    pairs = [(user, item) for user in "12" for item in "abc"]
    assert liked_together(pairs, ["a", "c"], most=1).tolist() == [[1], [0]]


def test_who_likes_everything_costs_no_more_than_a_hundred_likes() -> None:
    names = [str(at) for at in range(5000)]
    pairs = [(user, name) for user in "123" for name in names]
    found = liked_together(pairs, names, users=1)
    assert ((found >= 0).sum(1) > 0).sum() <= 300
