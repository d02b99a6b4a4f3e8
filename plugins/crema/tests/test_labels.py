import pytest

from audioml.core.chords import PITCHES, QUALITIES
from audioml_crema.labels import LABELS, ROOTS, inverted


def test_the_vocabulary_is_sorted_as_the_network_has_it():
    assert len(LABELS) == len(set(LABELS)) == 170
    assert LABELS[:2] == ("A#:7", "A#:aug")
    assert LABELS[-2:] == ("N", "X")
    assert list(LABELS) == sorted(LABELS)


@pytest.mark.parametrize(
    ("label", "bass", "answer"),
    [
        ("C:maj", "C", "C:maj"),
        ("C:maj", "E", "C:maj/3"),
        ("A:min", "C", "A:min/b3"),
        ("G:7", "F", "G:7/b7"),
        ("B:hdim7", "F", "B:hdim7/b5"),
        ("D:sus4", "G", "D:sus4/4"),
        ("C:maj", "F", "C:maj"),
        ("C:maj", "N", "C:maj"),
        ("N", "C", "N"),
        ("X", "E", "X"),
    ],
)
def test_a_bass_among_the_tones_makes_an_inversion(label, bass, answer):
    assert inverted(label, ROOTS.index(bass)) == answer


def test_there_are_602_chords_with_their_inversions():
    assert len({inverted(c, b) for c in LABELS for b in range(13)}) == 602


def test_every_label_means_to_mir_eval_what_it_means_here():
    mir_eval = pytest.importorskip("mir_eval", reason="mir_eval is not installed")
    for label in LABELS[:-2]:
        root, tones, _ = mir_eval.chord.encode(label)
        pitch, quality = label.split(":")
        assert root == PITCHES.index(pitch)
        assert tuple(tones.nonzero()[0]) == QUALITIES[quality]
