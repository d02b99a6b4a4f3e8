"""What a person may call a recording."""

from __future__ import annotations

import pytest

from audioml.train.tasks.embedding.index.names import Names

NAMES = ["rock/one.mp3", "rock/two.mp3", "jazz/one.mp3", "jazz/two.wav", "v1.2", ".hidden", "a/b/c"]


@pytest.mark.parametrize(
    ("called", "found"),
    [
        ("rock/one.mp3", "rock/one.mp3"),
        ("./rock/one.mp3", "rock/one.mp3"),
        ("rock\\one", "rock/one.mp3"),
        ("rock/one", "rock/one.mp3"),
        ("rock/one.flac", "rock/one.mp3"),
        ("two.wav", "jazz/two.wav"),
        ("two.mp3", "rock/two.mp3"),
        ("v1.2", "v1.2"),
        ("v1.2.wav", "v1.2"),
        (".hidden", ".hidden"),
        ("b/c", "a/b/c"),
        ("c.wav", "a/b/c"),
        ("one.mp3", None),  # of rock and of jazz
        ("two", None),
        ("ck/one.mp3", None),
        ("three", None),
        ("", None),
    ],
)
def test_a_recording_is_found_where_it_is_clear_which(called, found) -> None:
    at = Names(NAMES).place(called)
    assert (None if at is None else NAMES[at]) == found
