from __future__ import annotations

import pytest

from audioml.core.chords import QUALITIES, parse


@pytest.mark.parametrize(
    ("label", "root", "tones", "bass"),
    [
        ("C", 0, (0, 4, 7), 0),
        ("A#:min7/b7", 10, (0, 3, 7, 10), 10),
        ("Bb:maj(9)", 10, (0, 4, 7, 14), 0),
        ("D:7(*5,b9)", 2, (0, 4, 10, 13), 0),
        ("F#:hdim7/b3", 6, (0, 3, 6, 10), 3),
        ("Cb:sus4", 11, (0, 5, 7), 0),
        ("G:(1,5)", 7, (0, 7), 0),
    ],
)
def test_a_label_says_which_tones_sound(label, root, tones, bass) -> None:
    chord = parse(label)
    assert chord is not None
    assert (chord.root, chord.tones, chord.bass) == (root, tones, bass)


@pytest.mark.parametrize("text", ["N", "X", "", "H:maj", "C:major", "hello", "C:maj/x"])
def test_other_text_is_no_chord(text) -> None:
    assert parse(text) is None


def test_every_quality_begins_with_its_root() -> None:
    assert all(tones[0] == 0 and list(tones) == sorted(tones) for tones in QUALITIES.values())
