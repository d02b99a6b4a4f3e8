import numpy as np
import pytest
from train_sounds import RATE, melody, plucked

from audioml.train.data.alignment import SURE, estimate_offset, onset_strength


def offset(sound, onsets, **options):
    return estimate_offset(*onset_strength(sound, RATE), np.asarray(onsets), **options)


@pytest.mark.parametrize("late", [0.0, 0.037, -0.21, 1.4])
def test_an_offset_is_found_to_a_few_milliseconds(late):
    onsets, pitches = melody(20)
    found = offset(plucked(onsets, pitches, 20, late=late), onsets)
    assert found.offset == pytest.approx(late, abs=0.006)
    assert found.confidence > SURE


def test_int16_and_float_sound_alike():
    onsets, pitches = melody(12)
    sound = plucked(onsets, pitches, 12, late=0.1)
    whole = (sound * 32768).astype(np.int16)
    assert offset(whole, onsets).offset == pytest.approx(offset(sound, onsets).offset, abs=1e-3)


def test_labels_of_another_piece_are_not_believed():
    sound = plucked(*melody(20, seed=1), 20)
    assert offset(sound, melody(20, seed=2)[0]).confidence < SURE


def test_music_of_equal_beats_could_lie_anywhere():
    onsets = np.arange(1, 19, 0.5)
    assert offset(plucked(onsets, np.full(36, 60), 20), onsets).confidence < SURE


@pytest.mark.parametrize("onsets", [[], [1.0], [1.0, 1.0, 1.0, 1.0, 1.0], [50.0, 51, 52, 53, 54]])
def test_where_there_is_too_little_nothing_is_told(onsets):
    assert offset(plucked(*melody(12), 12), onsets) is None


def test_silence_and_nothing_tell_nothing():
    assert offset(np.zeros(5 * RATE, np.float32), melody(5)[0]) is None
    assert offset(np.zeros(0, np.float32), melody(5)[0]) is None


def test_an_offset_beyond_the_limit_is_not_found():
    onsets, pitches = melody(20)
    found = offset(plucked(onsets, pitches, 20, late=1.5), onsets, limit=0.5)
    assert found is None or (abs(found.offset) <= 0.51 and found.confidence < SURE)
