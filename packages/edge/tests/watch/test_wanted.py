from __future__ import annotations

import pytest

from audioml.edge.watch.wanted import Wanted


@pytest.mark.parametrize(
    "path",
    ["a.wav", "A.WAV", "sub/b.flac", "ümlaut ñ.Wav", "x.part.wav", "sub.dir/deep/c.mp3"],
)
def test_recordings_are_wanted_whatever_their_case(path) -> None:
    assert Wanted()(path)


@pytest.mark.parametrize(
    "path",
    [".a.wav", "a.wav.part", "a.wav~", "a.txt", ".hidden/a.wav", "sub/.a.wav.X3f", "a.tmp", "wav"],
)
def test_temporary_and_hidden_names_are_not(path) -> None:
    assert not Wanted()(path)


def test_a_pattern_with_a_slash_is_for_the_path() -> None:
    wanted = Wanted(patterns=("north/*.wav",))
    assert wanted("north/a.wav")
    assert not wanted("south/a.wav")
    assert not wanted("a.wav")
