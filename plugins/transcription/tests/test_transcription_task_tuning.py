"""Thresholds are chosen at any frame rate, and rows that overlap are joined by their middles."""

import numpy as np
import pytest

from audioml_transcription.decoder import NoteDecoder, joined
from audioml_transcription.decoding import Thresholds
from audioml_transcription.notes import Notes, Pedal
from audioml_transcription.targets import targets
from audioml_transcription.task.answering import Heads
from audioml_transcription.task.tuning import NAMES, Answered, scores_of, tuned

NOTES = Notes.of([[0.5 + 0.4 * i, 0.8 + 0.4 * i, 50 + 2 * i, 20 + 9 * i] for i in range(10)])
PEDAL = Pedal(np.array([[0.5, 1.7], [2.0, 3.5]]))


def answered(fps, *, spoilt=0.0, family=""):
    truth = targets(NOTES, PEDAL, frames=round(6 * fps), fps=fps)
    notes = truth.notes[:4].copy()
    notes[0] *= np.float32(0.45)
    bump = spoilt * np.maximum(1 - np.abs(np.arange(len(notes[0])) % 50 - 25) / (0.05 * fps), 0)
    notes[0, :, 80] = bump  # as wide as what is right
    return Answered(Heads(notes, truth.pedal, fps), NOTES, PEDAL, family)


@pytest.mark.parametrize("fps", [50.0, 100.0])
def test_thresholds_are_chosen_so_that_scores_are_best(fps):
    one = answered(fps, spoilt=0.22)
    chosen = tuned([one], Thresholds(onset=0.5))
    assert 0.22 <= chosen.onset < 0.45
    scores = scores_of(one, chosen)
    assert set(scores) == set(NAMES)
    assert scores["onset"] == scores["pedal"] == 1


def test_no_family_does_more_than_another():
    loud = [answered(50.0, spoilt=0.3, family="a") for _ in range(5)]
    chosen = tuned([*loud, answered(50.0, family="b")], Thresholds())
    assert 0.3 <= chosen.onset < 0.45


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_rows_that_overlap_are_joined_by_their_middles(rows):
    length, hop = 1001, 500
    heads = np.arange(length)[None, :, None] + hop * np.arange(rows)[:, None, None]
    whole = joined(heads, hop=hop)[:, 0]
    assert len(whole) == (length + hop * (rows - 1) if rows else 0)
    assert (whole == np.arange(len(whole))).all()


def test_a_frame_comes_from_the_row_in_whose_middle_it_is():
    which = np.broadcast_to(np.arange(3)[:, None, None], (3, 1001, 1))
    whole = joined(which, hop=500)[:, 0]
    assert np.flatnonzero(np.diff(whole)).tolist() == [749, 1249]


def test_a_recording_in_overlapping_rows_is_decoded_as_one():
    fps, hop = 100.0, 500
    truth = targets(NOTES.shifted(4.0), PEDAL, frames=2001, fps=fps)
    whole = [*truth.notes[:4], truth.pedal]
    names = ("onset", "offset", "frame", "velocity", "pedal")
    outputs = {
        name: np.stack([head[at : at + 1001] for at in (0, 500, 1000)])
        for name, head in zip(names, whole, strict=True)
    }
    decoder = NoteDecoder(context=0, hop=hop, fps=fps)
    found = decoder(outputs, starts=np.array([0.0, 5.0, 10.0]), end=20.0)
    np.testing.assert_allclose(found["notes"].intervals[:, 0], NOTES.onset + 4, atol=0.01)
    np.testing.assert_allclose(found["pedal"].intervals, PEDAL.intervals, atol=0.02)
