import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.train.data.naming import piece_of
from audioml.train.data.pairing import pair

word = st.sampled_from(["etude", "sonata", "Bach", "op", "1", "02", "take", "mix", "left", "naïve"])
stems = st.lists(word, min_size=1, max_size=3).map("_".join)
folder = st.sampled_from(["", "audio/", "labels/", "cd1/", "cd2/wav/", "cd1/midi/"])
audio_files = st.sets(st.tuples(folder, stems).map(lambda p: f"{p[0]}{p[1]}.wav"), max_size=8)
label_files = st.sets(st.tuples(folder, stems).map(lambda p: f"{p[0]}{p[1]}.mid"), max_size=8)


@given(audio_files, label_files, st.randoms())
def test_each_file_has_one_place_whatever_the_order(audio, labels, random):
    found = pair(audio, labels)
    shuffled = [random.sample(sorted(files), len(files)) for files in (audio, labels)]
    assert pair(*shuffled) == found
    assert sorted([*found.pairs, *found.ambiguous, *found.audio]) == sorted(audio)
    doubtful = {label for each in found.ambiguous.values() for label in each}
    assert sorted([*found.pairs.values(), *doubtful, *found.labels]) == sorted(labels)


@given(audio_files, label_files)
def test_files_of_one_path_are_always_a_pair(audio, labels):
    found = pair(audio, labels)
    for name in audio:
        twin = name.removesuffix(".wav") + ".mid"
        if twin in labels:
            assert found.pairs[name] == twin


@given(audio_files, label_files)
def test_what_is_paired_has_the_same_numbers_in_its_stem(audio, labels):
    for name, label in pair(audio, labels).pairs.items():
        ours, theirs = (re.findall(r"\d+", path.rpartition("/")[2]) for path in (name, label))
        assert ours == theirs


@given(st.sets(stems, min_size=1, max_size=6), st.sampled_from(["_notes", ".annotation", "-midi"]))
def test_a_word_that_tells_the_role_changes_nothing(names, suffix):
    audio = {f"audio/{name}.wav" for name in names}
    plain = pair(audio, {f"labels/{name}.lab" for name in names})
    marked = pair(audio, {f"labels/{name}{suffix}.lab" for name in names})
    assert {a: b.replace(suffix, "") for a, b in marked.pairs.items()} == plain.pairs


def test_a_missing_file_does_not_shift_the_others():
    # by alphabet, b.wav would get c.mid
    found = pair(["a.wav", "b.wav", "c.wav"], ["a.mid", "c.mid", "d.mid"])
    assert found.pairs == {"a.wav": "a.mid", "c.wav": "c.mid"}
    assert found.audio == ("b.wav",)
    assert found.labels == ("d.mid",)


@pytest.mark.parametrize(
    ("audio", "label"),
    [
        ("x/Song One.WAV", "x/song one.mid"),
        ("audio/rock/1.wav", "labels/rock/1.lab"),
        ("train/wav/a b.wav", "train/annotations/a b.jams"),
        ("song.wav", "song.wav.csv"),
        ("00_BN1-129-Eb_comp_mic.wav", "00_BN1-129-Eb_comp.jams"),
        ("audio_01.wav", "label_01.csv"),
        ("01_44100hz.wav", "01.mid"),
        ("cafe\u0301.wav", "café.mid"),
    ],
)
def test_names_that_mean_the_same_are_paired(audio, label):
    assert pair([audio, "other.wav"], [label, "else.mid"]).pairs == {audio: label}


@pytest.mark.parametrize(
    ("audio", "label"),
    [
        ("song1.wav", "song2.mid"),
        ("song_1.wav", "song_2.mid"),
        ("song.wav", "song_2.mid"),
        ("bach_prelude.wav", "chopin_prelude.mid"),
        ("take_a.wav", "take_b.mid"),
        ("cd1/01.wav", "cd2/01.mid"),
    ],
)
def test_names_that_may_mean_another_piece_are_not(audio, label):
    found = pair([audio], [label])
    assert (found.pairs, found.audio, found.labels) == ({}, (audio,), (label,))


def test_a_pattern_that_several_files_share_is_believed():
    audio = ["p1_closemiked.wav", "p2_closemiked.wav"]
    found = pair(audio, ["p1.mid", "p2.mid"])
    assert found.pairs == {"p1_closemiked.wav": "p1.mid", "p2_closemiked.wav": "p2.mid"}
    assert pair(audio[:1], ["p1.mid"]).pairs == {}


def test_folders_tell_files_of_one_name_apart():
    found = pair(["a/cd1/01.wav", "a/cd2/01.wav"], ["b/cd1/01.lab", "b/cd2/01.lab"])
    assert found.pairs == {"a/cd1/01.wav": "b/cd1/01.lab", "a/cd2/01.wav": "b/cd2/01.lab"}


def test_what_has_two_partners_is_told_and_not_guessed():
    found = pair(["x.wav", "y.wav"], ["x.mid", "x.midi", "y.mid"])
    assert found.pairs == {"y.wav": "y.mid"}
    assert found.ambiguous == {"x.wav": ("x.mid", "x.midi")}
    two_takes = pair(["x.wav", "x.flac"], ["x.mid"])
    assert two_takes.ambiguous == {"x.flac": ("x.mid",), "x.wav": ("x.mid",)}
    hands = pair(["x.wav", "y.wav"], ["x_lh.mid", "x_rh.mid", "y_lh.mid", "y_rh.mid"])
    assert hands.pairs == {}
    assert hands.ambiguous["x.wav"] == ("x_lh.mid", "x_rh.mid")


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("a/Song_take2", "a/song"),
        ("song-mic 1", "song"),
        ("song (2)", "song"),
        ("sonata_2", "sonata_2"),
        ("take1", "take1"),
        ("song_take1_mic3", "song"),
    ],
)
def test_takes_of_a_piece_are_one_piece(name, piece):
    assert piece_of(name) == piece
