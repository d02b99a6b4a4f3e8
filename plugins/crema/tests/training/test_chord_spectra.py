"""Features of training are those of the estimator, and move with their labels."""

import numpy as np
import pytest

from audioml.core.testing import sounds
from audioml.core.values import Audio
from audioml_crema.cqt import HOP_LENGTH
from audioml_crema.features import HCQT
from audioml_crema.training.rendered.playing import played
from audioml_crema.training.rendered.progressions import progression
from audioml_crema.training.rendered.sound import Band, sounded
from audioml_crema.training.spectra import SHIFTS, log_power, loudest, shifted
from audioml_crema.training.targets import framed, transposed

BEAT, SECONDS = 0.6, 9.0


def analysed(samples):
    logs = log_power(lambda first, last: samples[first:last], len(samples))
    return logs, loudest(logs)


def song(semitones=0):
    """Return the same random progression, played by the same band, moved in its tuning."""
    random = np.random.default_rng(4)
    chords = progression(random, beat=BEAT, seconds=SECONDS)
    notes = played(random, chords, beat=BEAT)
    timbres = Band.drawn(random).timbres
    band = Band(timbres, tuning=float(semitones))
    samples = sounded(np.random.default_rng(5), notes, band, beat=BEAT, seconds=SECONDS)
    return samples, chords


@pytest.mark.parametrize("length", [3000, 4096, 70 * HOP_LENGTH + 17])
def test_features_are_those_of_the_estimator(length):
    samples = song()[0][:length]
    logs, peaks = analysed(samples)
    expected = HCQT()(Audio(samples, 44100)).tensors["cqt_mag"][0]
    np.testing.assert_allclose(shifted(logs, peaks, 0), expected, atol=1e-3)


def test_a_part_is_relative_to_the_whole():
    logs, peaks = analysed(song()[0])
    whole = shifted(logs, peaks, -3)
    np.testing.assert_array_equal(shifted(logs[20:40], peaks, -3), whole[20:40])


@pytest.mark.parametrize("bins", [0, 251, 252, 270, 287])
def test_a_tone_is_loudest_in_its_bin_in_the_highest_octave_too(bins):
    tone = sounds.sine(32.70319566257483 * 2 ** (bins / 36), 2.0).samples[0]
    logs, _ = analysed(tone)
    assert set(logs[6:-6].argmax(axis=1)) == {bins}


def test_octaves_are_alike():
    """A tone's power halves from octave to octave, for its filter is half as long."""
    peaks = []
    for bins in (230, 266):
        tone = sounds.sine(32.70319566257483 * 2 ** (bins / 36), 2.0).samples[0]
        peaks.append(analysed(tone)[0][10, bins])
    assert peaks[0] - peaks[1] == pytest.approx(np.log(2), abs=0.01)


@pytest.mark.parametrize("semitones", [-6, -1, 2, 5])
def test_features_and_labels_move_together(semitones):
    """What is transposed is what the transposed music would have given: features and labels."""
    (samples, chords), (moved, _) = song(), song(semitones)
    logs, peaks = analysed(samples)
    features = shifted(logs, peaks, semitones)
    expected = HCQT()(Audio(moved, 44100)).tensors["cqt_mag"][0]
    heard, still = expected > -30, shifted(logs, peaks, 0)
    assert np.abs(features - expected)[heard].mean() < 3  # dB: close partials beat otherwise
    assert np.abs(still - expected)[heard].mean() > 30
    rows = framed(
        np.array([(c.start, c.end) for c in chords]), [c.label for c in chords], len(features)
    )
    _check_tones(expected, transposed(rows, semitones))
    with pytest.raises(AssertionError):
        _check_tones(expected, rows)


def _check_tones(features, rows):
    """The loudest pitch class of a frame is a tone of its chord, nearly always."""
    chroma = 10 ** (features[..., 0] / 20)
    chroma = np.roll(chroma, 1, axis=1).reshape(-1, 6, 12, 3).sum(axis=(1, 3))
    tones = rows[:, 3:]
    sounding = tones.max(axis=1) > 0
    right = np.take_along_axis(tones, chroma.argmax(axis=1)[:, None], 1)[sounding]
    assert right.mean() > 0.9


@pytest.mark.parametrize("semitones", [-6, -1, 2, 5])
def test_a_tone_moves_exactly(semitones):
    low, high = (sounds.sine(220 * 2 ** (up / 12), 3.0).samples[0] for up in (0, semitones))
    features = shifted(*analysed(low), semitones)[6:-6]
    expected = shifted(*analysed(high), 0)[6:-6]
    heard = expected > -20  # the sidelobes hang on how many samples a filter has
    assert (features[~heard] < -20).all()
    np.testing.assert_allclose(features[heard], expected[heard], atol=0.05)


def test_silence_is_silence_at_every_transposition():
    logs, peaks = analysed(np.zeros(5 * HOP_LENGTH, np.float32))
    for semitones in SHIFTS:
        assert (shifted(logs, peaks, semitones) == -80).all()
