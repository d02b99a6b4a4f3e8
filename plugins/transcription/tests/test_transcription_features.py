import numpy as np
import pytest

from audioml.core.errors import AudioError
from audioml.core.testing import parametrize_with_checks
from audioml.core.values import Audio
from audioml_transcription.features import NAME, HarmonicSpectra
from audioml_transcription.spectrum import BINS, HOP, RATE, gain, spectra


def tone(hertz, seconds=1.0, level=0.1):
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(
        np.float32
    )


@parametrize_with_checks([HarmonicSpectra(length=100, context=8)])
def test_contract(check):
    check()


@pytest.mark.parametrize("pitch", [45, 57, 69, 88, 108])
def test_a_tone_is_in_the_middle_bin_of_its_key(pitch):
    found = spectra(tone(440 * 2 ** ((pitch - 69) / 12)))
    assert found.shape == (2, 50, BINS)
    assert found[1, 25].argmax() == 3 * (pitch - 21) + 1


def test_a_tone_has_the_level_it_has():
    found = spectra(tone(440.0))[1, 25].max()
    assert found == pytest.approx(1 + 0.25 * np.log10(0.01), abs=0.07)


def test_silence_is_the_lowest_level():
    assert (spectra(np.zeros(RATE, np.float32)) == -1).all()


def test_frames_are_the_same_however_they_are_asked_for():
    samples = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    whole = spectra(samples)
    np.testing.assert_allclose(spectra(samples, first=17, frames=9), whole[:, 17:26], atol=1e-6)
    assert spectra(samples, first=-30, frames=10).max() == -1


def test_recordings_are_brought_to_one_level():
    quiet, loud = tone(440, level=0.002), tone(440, level=0.9)
    np.testing.assert_allclose(quiet * gain(quiet), loud * gain(loud), atol=1e-3)
    assert gain(np.zeros(RATE, np.float32)) == 1


def test_pauses_do_not_make_a_recording_louder():
    played = tone(440)
    paused = np.concatenate([np.zeros(RATE * 5, np.float32), played])
    assert gain(paused) == pytest.approx(gain(played), rel=0.02)


def test_windows_side_by_side_are_the_whole():
    samples = np.random.default_rng(0).normal(0, 0.1, 7 * RATE).astype(np.float32)
    audio = Audio(samples, RATE)
    cut = HarmonicSpectra(length=100, context=10)(audio)
    whole = HarmonicSpectra(length=10**6, context=10)(audio)
    step = cut.tensors[NAME].shape[2] - 20
    joined = np.concatenate(list(cut.tensors[NAME][:, :, 10:-10]), axis=1)
    count = whole.tensors[NAME].shape[2] - 20
    np.testing.assert_allclose(joined[:, :count], whole.tensors[NAME][0, :, 10:-10], atol=1e-5)
    np.testing.assert_allclose(np.diff(cut.starts), step * HOP / RATE)


def test_a_short_recording_is_one_short_window():
    rows = HarmonicSpectra(length=100, context=8)(Audio(tone(440, 0.05), RATE))
    assert rows.tensors[NAME].shape == (1, 2, 3 + 16, BINS)


def test_another_rate_is_refused():
    with pytest.raises(AudioError, match="mono at 16000 Hz"):
        HarmonicSpectra()(Audio(np.zeros(100, np.float32), 22050))


def test_the_front_end_of_training_is_the_same():
    torch = pytest.importorskip("torch")
    from audioml_transcription.networks.frontend import FrontEnd
    from audioml_transcription.spectrum import LONG

    samples = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    samples[:4000] = 0
    padded = torch.from_numpy(np.pad(samples, LONG // 2))[None]
    found = FrontEnd()(padded)[0].numpy()
    expected = spectra(samples)
    np.testing.assert_allclose(found[:, : expected.shape[1]], expected, atol=1e-4)
