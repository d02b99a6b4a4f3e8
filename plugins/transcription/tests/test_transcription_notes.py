import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml_transcription.notes import Notes, Pedal, extended, repaired


def test_notes_are_kept_in_the_order_of_their_onsets():
    notes = Notes.of([[2, 3, 60, 64], [1, 2, 64, 50], [1, 2, 60, 40]])
    assert notes.table.tolist() == [[1, 2, 60, 40], [1, 2, 64, 50], [2, 3, 60, 64]]


def test_a_note_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError, match="a note ends at 1.0 s but begins at 2.0"):
        Notes.of([[2, 1, 60, 64]])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValidationError, match="one length"):
        Notes([0.0], [1.0], [60, 61], [64])


def test_presses_that_overlap_are_one():
    pedal = Pedal(np.array([[2, 3], [0, 1], [0.5, 1.5], [1.5, 1.7]]))
    assert pedal.intervals.tolist() == [[0, 1.7], [2, 3]]


def test_an_offset_under_the_pedal_moves_to_its_release():
    notes = extended(Notes.of([[0, 1, 60, 64], [0, 3, 62, 64]]), Pedal(np.array([[0.5, 2.0]])))
    assert notes.offset.tolist() == [2.0, 3.0]


def test_the_pedal_holds_a_note_no_longer_than_to_the_next_of_its_key():
    notes = extended(Notes.of([[0, 1, 60, 64], [1.5, 1.8, 60, 64]]), Pedal(np.array([[0, 4.0]])))
    assert notes.offset.tolist() == [1.5, 4.0]


def test_a_pedal_that_is_pressed_after_the_key_is_up_holds_nothing():
    notes = extended(Notes.of([[0, 1, 60, 64]]), Pedal(np.array([[1.1, 2.0]])))
    assert notes.offset.tolist() == [1.0]


def test_of_notes_that_overlap_the_earlier_is_cut():
    notes = repaired(Notes.of([[0, 5, 60, 64], [1, 2, 60, 64], [1, 2, 61, 64]]))
    assert notes.offset.tolist() == [1, 2, 2]


def test_of_notes_that_begin_together_the_loudest_stays():
    notes = repaired(Notes.of([[0, 1, 60, 30], [0, 2, 60, 90], [0, 3, 60, 20]]))
    assert notes.table.tolist() == [[0, 2, 60, 90]]


def test_no_notes_need_no_repair():
    assert len(extended(Notes.none(), Pedal.none())) == 0
