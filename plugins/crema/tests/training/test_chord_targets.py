import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml_crema.labels import LABELS
from audioml_crema.training.targets import (
    COLUMNS,
    IGNORED,
    encoded,
    framed,
    stay,
    transposed,
    unreadable,
)

# what pumpp 0.6.0 makes of these labels: tag, root, bass, and the tones from C up
PUMPP = {
    "N": ("N", 12, 12, "............"),
    "C:maj": ("C:maj", 0, 0, "1...1..1...."),
    "D:min7/b3": ("D:min7", 2, 5, "1.1..1...1.."),
    "E:9": ("E:7", 4, 4, "..1.1...1..1"),
    "F:maj(9)": ("F:maj", 5, 5, "1....1...1.."),
    "A:5": ("X", 9, 9, "....1....1.."),
    "B:1": ("X", 11, 11, "...........1"),
    "C:sus4(b7)": ("C:sus4", 0, 0, "1....1.1..1."),
    "C:maj/9": ("C:maj", 0, 2, "1.1.1..1...."),
    "Bb:hdim7/b5": ("A#:hdim7", 10, 4, ".1..1...1.1."),
    "C:maj(*3)": ("C:maj", 0, 0, "1......1...."),
    "C:min7(4)": ("C:min7", 0, 0, "1..1.1.1..1."),
    "C/2": ("C:maj", 0, 2, "1.1.1..1...."),
    "C:min11": ("C:min7", 0, 0, "1..1...1..1."),
    "C:13": ("C:7", 0, 0, "1...1..1..1."),
}
KINDS = sorted({label.partition(":")[2] for label in LABELS} - {""})
labels = st.sampled_from(LABELS) | st.builds(
    "{}:{}/{}".format, st.sampled_from("CDEFGAB"), st.sampled_from(KINDS), st.sampled_from("357")
)


def read(row):
    tones = "".join("1" if tone else "." for tone in row[COLUMNS["pitch"]])
    return LABELS[row[0]], int(row[1]), int(row[2]), tones


@pytest.mark.parametrize("label", PUMPP)
def test_targets_are_those_of_pumpp(label):
    assert read(encoded(label)) == PUMPP[label]


def test_nothing_is_told_of_the_tones_of_x():
    assert (encoded("X")[COLUMNS["pitch"]] == IGNORED).all()
    assert LABELS[encoded("X")[0]] == "X"


def test_a_label_without_a_quality_is_judged_by_its_tones():
    assert read(encoded("G:(1,5)"))[0] == "X"
    assert read(encoded("G:(1,3,5)"))[0] == "G:maj"


def test_text_that_is_no_chord_is_x_and_is_told():
    assert LABELS[encoded("verse")[0]] == "X"
    assert unreadable(["C", "N", "X", "verse", "", "A:min7/b7"]) == ["", "verse"]


@given(label=labels, semitones=st.integers(-6, 5))
def test_transposed_targets_are_those_of_the_transposed_chord(label, semitones):
    row = transposed(encoded(label), semitones)
    tag, root, bass, tones = read(encoded(label))
    quality = tag.partition(":")[2]
    moved_tag, moved_root, moved_bass, moved_tones = read(row)
    assert moved_tag.partition(":")[2] == quality
    if quality:
        assert (moved_root, moved_bass) == ((root + semitones) % 12, (bass + semitones) % 12)
        name = moved_tag.partition(":")[0]
        assert read(encoded(name))[1] == moved_root
    else:
        assert moved_tag == tag
    assert moved_tones == "".join(tones[(i - semitones) % 12] for i in range(12))


def test_what_is_ignored_stays_so():
    rows = np.full((2, 15), IGNORED, np.int16)
    assert (transposed(rows, 3) == IGNORED).all()


def test_frames_have_the_chord_that_sounds_when_the_next_begins():
    hop = 4096 / 44100
    segments = np.array([[0.0, 2.5 * hop], [2.5 * hop, 4 * hop], [5 * hop, 9 * hop]])
    rows = framed(segments, ("C:maj", "D:min", "E:7"), 8)
    found = [LABELS[tag] for tag in rows[:, 0]]
    assert found == ["C:maj", "C:maj", "D:min", "D:min", "N", "E:7", "E:7", "E:7"]


def test_how_long_chords_last():
    rows = [framed(np.array([[0.0, 9.0]]), ("C:maj",), 11), framed(np.empty((0, 2)), (), 1)]
    assert stay(rows) == 1
    changing = np.concatenate([encoded("C:maj")[None], encoded("D:maj")[None]] * 5)
    assert stay([changing]) == pytest.approx(0.5 / 9.5)
