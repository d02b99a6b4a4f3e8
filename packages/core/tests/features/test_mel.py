import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml.core.features import hz_to_mel, mel_filters, mel_to_hz
from audioml.core.features.mel import TILE, MelBank

librosa = pytest.importorskip("librosa")
SHAPES = [
    (8000, 1024, 64, 0.0, None),
    (16000, 2048, 229, 30.0, 8000.0),
    (44100, 512, 40, 20.0, 9e3),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("htk", [True, False])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.filterwarnings("ignore:.*filters.*")
def test_the_filters_are_librosas(shape, htk, norm):
    rate, n_fft, n_mels, fmin, fmax = shape
    options = {
        "n_fft": n_fft,
        "n_mels": n_mels,
        "fmin": fmin,
        "fmax": fmax,
        "htk": htk,
        "norm": norm,
    }
    ours, theirs = mel_filters(rate, **options), librosa.filters.mel(sr=rate, **options)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("htk", [True, False])
def test_the_mel_scale_is_librosas_and_has_an_inverse(htk):
    hz = np.array([0.0, 440.0, 999.0, 1000.0, 8000.0])
    np.testing.assert_allclose(hz_to_mel(hz, htk=htk), librosa.hz_to_mel(hz, htk=htk))
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, htk=htk), htk=htk), hz, atol=1e-9)


def test_filters_that_hold_no_frequency_are_told_of():
    with pytest.warns(UserWarning, match="mel filters hold no frequency"):
        mel_filters(16000, n_fft=256, n_mels=128)


@pytest.mark.parametrize("bad", [{"fmin": 9000.0}, {"n_mels": 0}, {"norm": "area"}, {"fmax": -1.0}])
def test_filters_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        mel_filters(16000, n_fft=512, **bad)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.filterwarnings("ignore:.*filters.*")
def test_a_bank_is_the_product_with_its_filters_however_many_frames_come_together(shape):
    rate, n_fft, n_mels, fmin, fmax = shape
    filters = mel_filters(rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    spectra = np.random.default_rng(0).random((4 * TILE, n_fft // 2 + 1), np.float32)
    bank = MelBank(filters)
    mels = bank(spectra)
    np.testing.assert_allclose(mels, spectra @ filters.T, rtol=2e-6)
    shifted = bank(np.roll(spectra, -3, axis=0)[:TILE])
    np.testing.assert_array_equal(shifted, mels[3 : 3 + TILE])
