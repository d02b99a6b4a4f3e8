import numpy as np
import pytest

from audioml.core.testing import sounds
from audioml_crema.blocks import ConstantQ
from audioml_crema.cqt import BINS, HOP_LENGTH, RATE, WIDTH, decimate, kernel
from audioml_crema.features import decibels


def power(samples, frames=None):
    spectrum = ConstantQ()
    spectrum.push(samples)
    return spectrum.finish(len(samples) // HOP_LENGTH if frames is None else frames)


def test_the_kernel_is_made_once_and_is_float32():
    assert kernel() is kernel()
    assert kernel().shape == (1024, 72)
    assert kernel().dtype == np.float32


@pytest.mark.parametrize("bins", [0, 35, 36, 100, 215, 251])
def test_a_tone_is_loudest_in_its_bin(bins):
    frequency = 32.70319566257483 * 2 ** (bins / 36)
    tone = sounds.sine(frequency, 3.0).samples[0]
    assert set(power(tone)[8:-8].argmax(axis=1)) == {bins}


@pytest.mark.parametrize(("cycles", "gain"), [(0.0, 1.0), (0.05, 1.0), (0.18, 1.0), (0.3, 0.0)])
def test_decimation_keeps_what_is_below_half_the_band(cycles, gain):
    """``cycles`` per sample: 0.25 is the new Nyquist frequency."""
    count = 64 * 20
    at = np.arange(2 * count + WIDTH - 2)
    out = decimate(np.cos(2 * np.pi * cycles * at).astype(np.float32))
    expected = np.cos(2 * np.pi * cycles * (2 * np.arange(count) + WIDTH // 2))
    np.testing.assert_allclose(out, gain * expected, atol=3e-4)


def test_decimation_is_a_convolution():
    random = np.random.default_rng(0)
    samples = random.standard_normal(2 * 64 * 3 + WIDTH - 2).astype(np.float32)
    impulse = np.zeros(2 * 64 + WIDTH - 2, np.float32)
    taps = np.empty(WIDTH)
    for n in range(WIDTH):  # the first output's weight of every sample
        impulse[:] = 0
        impulse[n] = 1
        taps[n] = decimate(impulse)[0]
    expected = np.convolve(samples, taps[::-1], mode="valid")[::2]
    np.testing.assert_allclose(decimate(samples), expected, atol=1e-5)


def test_nothing_rings_before_the_start_or_after_the_end():
    click = np.zeros(40 * HOP_LENGTH, np.float32)
    click[0] = click[-1] = 1
    assert power(click)[20].max() == 0


def test_silence_has_no_power():
    assert not power(np.zeros(10 * HOP_LENGTH, np.float32)).any()
    assert power(np.zeros(0, np.float32), 1).shape == (1, BINS)


@pytest.mark.slow
@pytest.mark.parametrize("count", [350000, 350001, 350003])
def test_it_is_librosas_transform(count):
    """librosa 0.10 and later decimate with another filter than 0.9, which crema's author had."""
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    song = sounds.music(bar=1.0)[0].samples[0][:count]
    ours = decibels(power(song)).T
    theirs = librosa.cqt(
        song, sr=RATE, hop_length=HOP_LENGTH, n_bins=BINS, bins_per_octave=36, tuning=0.0
    )
    theirs = librosa.amplitude_to_db(np.abs(theirs[:, : ours.shape[1]]), ref=np.max)
    off = np.abs(ours - theirs)[:, 17:-17]  # frames that see an edge in no octave
    assert off.mean() < 0.01
    assert np.quantile(off, 0.99) < 0.1
