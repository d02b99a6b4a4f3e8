import numpy as np

from audioml_transcription.notes import Notes, Pedal
from audioml_transcription.scoring import mean_scores, note_score, note_scores, pedal_scores

NOTES = Notes.of([[i, i + 0.8, 60 + i, 40 + 5 * i] for i in range(10)])


def test_the_truth_is_right():
    assert set(note_scores(NOTES, NOTES).values()) == {1.0}


def test_late_onsets_are_wrong_and_short_notes_are_wrong_in_their_offsets():
    assert note_scores(NOTES, NOTES.shifted(0.06))["onset"] == 0
    short = Notes(NOTES.onset, NOTES.onset + 0.3, NOTES.pitch, NOTES.velocity)
    scores = note_scores(NOTES, short)
    assert (scores["onset"], scores["offset"]) == (1, 0)
    assert (note_score(NOTES, short, offsets=False), note_score(NOTES, short, offsets=True)) == (
        1,
        0,
    )
    assert scores["frame"] < 0.7


def test_velocities_are_compared_after_scaling():
    half = Notes(NOTES.onset, NOTES.offset, NOTES.pitch, NOTES.velocity // 2)
    assert note_scores(NOTES, half)["velocity"] == 1
    mixed = Notes(NOTES.onset, NOTES.offset, NOTES.pitch, [20, 120] * 5)
    assert note_scores(NOTES, mixed)["velocity"] < 1


def test_nothing_is_right_where_nothing_is_played():
    assert note_scores(Notes.none(), Notes.none())["onset"] == 1
    assert note_scores(Notes.none(), NOTES)["onset"] == 0
    assert pedal_scores(Pedal.none(), Pedal.none())["pedal"] == 1


def test_presses_are_matched():
    pedal = Pedal(np.array([[0, 1], [1.2, 3]]))
    late = Pedal(np.array([[0.1, 1], [1.3, 2]]))
    assert pedal_scores(pedal, late) == {"pedal": 1.0, "pedal_offset": 0.5}


def test_means_are_of_each_score():
    assert mean_scores([{"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 1.0}]) == {"a": 0.5, "b": 1.0}
