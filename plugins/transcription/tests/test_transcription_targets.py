import numpy as np
import pytest

from audioml_transcription.notes import Notes, Pedal
from audioml_transcription.targets import targets

NO_PEDAL = Pedal.none()


def one(*rows, frames=100, fps=100.0, start=0.0):
    return targets(Notes.of(rows), NO_PEDAL, frames=frames, fps=fps, start=start)


def by_hand(times, frames, fps, reach=0.05):
    """Regressed targets from their definition: distance to the nearest event."""
    now = np.arange(frames) / fps
    distance = np.abs(np.subtract.outer(now, times)).min(axis=1)
    return np.maximum(1 - distance / reach, 0)


@pytest.mark.parametrize("fps", [50.0, 62.5, 100.0])
def test_onsets_are_regressed_to_the_nearest_event(fps):
    times = [0.1234, 0.19, 0.25, 0.61]
    rows = [[t, t + 0.03, 60, 64] for t in times]
    made = targets(Notes.of(rows), NO_PEDAL, frames=50, fps=fps)
    np.testing.assert_allclose(made.onset[:, 39], by_hand(times, 50, fps), atol=1e-6)
    np.testing.assert_allclose(
        made.offset[:, 39], by_hand([t + 0.03 for t in times], 50, fps), atol=1e-6
    )
    assert made.onset[:, :39].max() == 0


def test_frames_are_filled_from_onset_to_offset_both_included():
    made = one([0.1, 0.2, 60, 64])
    assert np.flatnonzero(made.frame[:, 39]).tolist() == list(range(10, 21))


def test_the_velocity_is_that_of_the_nearest_onset():
    made = one([0.1, 0.14, 60, 64], [0.16, 0.2, 60, 32])
    assert made.velocity[10:16, 39].tolist() == pytest.approx(
        [0.5, 0.5, 0.5, 0.25, 0.25, 0.25], abs=0.26
    )
    assert made.velocity[10, 39] == 0.5
    assert made.velocity[16, 39] == 0.25
    assert made.struck[10, 39] == made.struck[16, 39] == 1


def test_a_note_at_frame_zero_and_one_at_the_end_are_there():
    made = one([0.0, 0.1, 21, 64], [0.99, 1.5, 108, 64])
    assert made.onset[0, 0] == 1
    assert made.onset[99, 87] == pytest.approx(1)
    assert made.frame[99, 87] == 1


def test_a_segment_is_a_part_of_the_whole():
    rng = np.random.default_rng(0)
    onset = np.sort(rng.uniform(0, 10, 200))
    notes = Notes(onset, onset + rng.uniform(0.05, 1, 200), rng.integers(21, 109, 200), [64] * 200)
    pedal = Pedal(np.array([[1.0, 4.5], [4.7, 8.0]]))
    whole = targets(notes, pedal, frames=1000, fps=100)
    part = targets(notes, pedal, frames=300, fps=100, start=4.0)
    for name in ("onset", "offset", "frame", "velocity", "pedal"):
        np.testing.assert_allclose(
            getattr(part, name), getattr(whole, name)[400:700], atol=1e-5, err_msg=name
        )


def test_notes_that_the_ends_cut_are_masked():
    made = one([0.2, 0.4, 60, 64], [0.5, 2.0, 62, 64], [0.0, 0.7, 64, 64], start=0.1, frames=100)
    assert made.mask[:, 39].min() == 1
    assert made.mask[39, 41] == 1
    assert made.mask[41, 41] == 0
    assert made.mask[59, 43] == 0
    assert made.mask[62, 43] == 1


def test_silence_has_no_targets():
    made = one()
    assert made.onset.max() == made.frame.max() == made.pedal.max() == 0
    assert made.mask.min() == 1


def test_pitches_beyond_the_keyboard_are_left_out():
    assert one([0.1, 0.2, 20, 64], [0.1, 0.2, 109, 64]).frame.max() == 0


def test_the_pedal_has_onset_offset_and_frames():
    made = targets(Notes.none(), Pedal(np.array([[0.1, 0.5]])), frames=100, fps=100)
    assert made.pedal[10, 0] == made.pedal[50, 1] == 1
    assert np.flatnonzero(made.pedal[:, 2]).tolist() == list(range(10, 51))
