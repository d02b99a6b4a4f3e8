from __future__ import annotations

import pytest

from audioml.analyze.report.wording import chord_name, chord_symbol, hue


@pytest.mark.parametrize(
    ("label", "symbol", "name"),
    [
        ("C:maj", "C", "C major"),
        ("A#:min7/b3", "A♯m7/C♯", "A sharp minor seventh over C sharp"),
        ("Bb:maj/3", "B♭/D", "B flat major over D"),
        ("F#:hdim7", "F♯ø7", "F sharp half-diminished seventh"),
        ("G:7(b9)", "G7(b9)", "G seventh (b9)"),
        ("N", "N", "no chord"),
        ("verse", "verse", "verse"),
    ],
)
def test_chords_read_as_musicians_write_and_say_them(label, symbol, name):
    assert chord_symbol(label) == symbol
    assert chord_name(label) == name


def test_roots_a_fifth_apart_have_neighbouring_hues():
    assert sorted(hue(p) for p in range(12)) == sorted(30 * i + 15 for i in range(12))
    assert (hue(7) - hue(0)) % 360 == 30
