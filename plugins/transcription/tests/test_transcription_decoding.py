import time

import numpy as np
import pytest

from audioml_transcription.decoding import Thresholds, decode_notes, decode_pedal, peaks
from audioml_transcription.notes import Notes, Pedal, repaired
from audioml_transcription.targets import targets


def heard_again(notes, *, fps=50.0, seconds=None, start=0.0):
    frames = int((seconds or notes.end + 0.5) * fps) + 1
    made = targets(notes, Pedal.none(), frames=frames, fps=fps, start=start)
    return decode_notes(made.onset, made.offset, made.frame, made.velocity, fps=fps).notes


def some_notes(count=300, seed=0):
    rng = np.random.default_rng(seed)
    onset = rng.uniform(0.05, 30, count)
    notes = Notes(
        onset,
        onset + rng.uniform(0.15, 2, count),
        rng.integers(21, 109, count),
        rng.integers(5, 127, count),
    )
    notes = repaired(notes, gap=0.1)
    return notes[notes.offset - notes.onset > 0.12]


@pytest.mark.parametrize("fps", [50.0, 62.5, 100.0])
def test_targets_are_decoded_to_the_notes_they_are_of(fps):
    notes = some_notes()
    found = heard_again(notes, fps=fps)
    assert len(found) == len(notes)
    order = np.lexsort((notes.onset, notes.pitch)), np.lexsort((found.onset, found.pitch))
    assert (notes.pitch[order[0]] == found.pitch[order[1]]).all()
    for name in ("onset", "offset"):
        off = getattr(notes, name)[order[0]] - getattr(found, name)[order[1]]
        assert np.abs(off).max() < 1 / fps, name
        assert np.abs(off).mean() < 0.12 / fps, name
    assert (notes.velocity[order[0]] == found.velocity[order[1]]).all()


def test_notes_at_the_first_and_the_last_frame_are_found():
    notes = Notes.of([[0.0, 0.5, 60, 64], [1.9, 2.0, 72, 64]])
    found = heard_again(notes, seconds=1.9)
    np.testing.assert_allclose(found.onset, [0.0, 1.9], atol=0.011)
    assert (found.offset > found.onset).all()


def test_silence_has_no_notes_and_no_pedal():
    quiet = np.zeros((100, 88), np.float32)
    found = decode_notes(quiet, quiet, quiet, quiet, fps=50)
    assert len(found.notes) == len(found.confidence) == 0
    assert len(decode_pedal(quiet[:, :3], fps=50)[0]) == 0


def test_no_frames_have_no_notes():
    empty = np.zeros((0, 88), np.float32)
    assert len(decode_notes(empty, empty, empty, empty, fps=50).notes) == 0


def test_a_note_struck_again_ends_there():
    notes = Notes.of([[0.1, 0.5, 60, 64], [0.5, 1.0, 60, 64]])
    found = heard_again(notes)
    np.testing.assert_allclose(found.offset, [0.5, 1.0], atol=0.02)


def test_a_note_ends_at_its_offset_though_its_frame_lingers():
    notes = Notes.of([[0.5, 2.0, 60, 64]])
    onset, offset, frame, velocity, _ = targets(notes, Pedal.none(), frames=200, fps=50).notes
    frame = np.maximum(frame, 0.08)  # above its threshold until the very end
    (end,) = decode_notes(onset, offset, frame, velocity, fps=50.0).notes.offset
    assert end == pytest.approx(2.0, abs=0.011)


def test_an_offset_does_not_end_a_note_that_goes_on():
    notes = Notes.of([[0.5, 2.0, 60, 64]])
    onset, offset, frame, velocity, _ = targets(notes, Pedal.none(), frames=200, fps=50).notes
    offset[:, 39] = np.maximum(offset[:, 39], 0.8 * np.roll(offset[:, 39], -40))
    (end,) = decode_notes(onset, offset, 0.95 * frame, velocity, fps=50.0).notes.offset
    assert end == pytest.approx(2.0, abs=0.011)


def test_without_an_offset_a_note_ends_with_its_frame():
    notes = Notes.of([[0.5, 2.0, 60, 64]])
    onset, offset, frame, velocity, _ = targets(notes, Pedal.none(), frames=200, fps=50).notes
    (end,) = decode_notes(onset, 0 * offset, frame, velocity, fps=50.0).notes.offset
    assert end == pytest.approx(2.0, abs=0.03)


def test_a_note_never_ends_before_it_begins_whatever_the_heads_say():
    rng = np.random.default_rng(1)
    for _ in range(20):
        heads = [rng.random((60, 88)).astype(np.float32) for _ in range(4)]
        found = decode_notes(*heads, fps=50, thresholds=Thresholds(0.2, 0.2, 0.5)).notes
        assert (found.offset > found.onset).all()
        assert found.end <= 60 / 50 + 0.03
        for pitch in np.unique(found.pitch):
            own = found[found.pitch == pitch]
            assert (own.offset[:-1] <= own.onset[1:] + 1e-9).all()


def test_velocities_are_steadied_by_what_is_around():
    notes = Notes.of([[0.5, 0.9, 60, 40], [1.0, 1.4, 64, 80], [30.0, 30.4, 67, 120]])
    made = targets(notes, Pedal.none(), frames=1600, fps=50)
    heads = made.onset, made.offset, made.frame, made.velocity
    own, half, whole = (
        decode_notes(*heads, fps=50.0, thresholds=Thresholds(steady=share)).notes.velocity.tolist()
        for share in (0.0, 0.5, 1.0)
    )
    assert own == [40, 80, 120]
    assert half == [60, 60, 120]
    assert whole == [80, 40, 120]  # alone, a note keeps its own


def test_the_confidence_is_the_peak_of_the_onset():
    notes = Notes.of([[0.1, 0.5, 60, 64], [0.2, 0.6, 40, 64]])
    made = targets(notes, Pedal.none(), frames=60, fps=50)
    onset = made.onset * np.float32(0.5)
    onset[:, 19] *= np.float32(1.5)
    found = decode_notes(onset, made.offset, made.frame, made.velocity, fps=50)
    np.testing.assert_allclose(found.confidence, [0.5, 0.75], atol=1e-6)


def test_a_peak_lies_between_frames():
    heads = np.array([[0, 0.2, 0.8, 0.6, 0.0]], np.float32).T
    found = peaks(heads, 0.3)
    assert found.frame.tolist() == [2]
    assert found.time[0] == pytest.approx(2 + (0.6 - 0.2) / (0.8 - 0.2) / 2)


def test_pedalling_is_decoded_to_its_presses():
    pedal = Pedal(np.array([[0.0, 1.0], [1.15, 2.0], [3.0, 3.6], [3.9, 5.0]]))
    made = targets(Notes.none(), pedal, frames=251, fps=50)
    found, sure = decode_pedal(made.pedal, fps=50)
    np.testing.assert_allclose(found.intervals, pedal.intervals, atol=0.011)
    assert (sure > 0.9).all()


def test_a_quick_change_within_a_press_divides_it():
    pedal = Pedal(np.array([[0.1, 1.0], [1.03, 2.0]]))
    made = targets(Notes.none(), pedal, frames=150, fps=50)
    found, _ = decode_pedal(made.pedal, fps=50)
    np.testing.assert_allclose(found.intervals, pedal.intervals, atol=0.02)


def test_three_minutes_are_decoded_in_no_time():
    rng = np.random.default_rng(0)
    heads = [rng.random((9000, 88)).astype(np.float32) ** 6 for _ in range(4)]
    began = time.process_time()
    found = decode_notes(*heads, fps=50)
    assert time.process_time() - began < 1.0  # 0.1 s where nothing else runs
    assert len(found.notes) > 1000
