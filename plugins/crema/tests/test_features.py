import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.errors import AudioError
from audioml.core.testing import checks_for, sounds
from audioml.core.values import Audio
from audioml_crema.cqt import HOP_LENGTH
from audioml_crema.features import HCQT, decibels

SONG = sounds.music(bar=2.0)[0].samples[0]


def features(samples, **options):
    return HCQT(**options)(Audio(samples, 44100)).tensors["cqt_mag"]


@pytest.mark.parametrize("check", checks_for(HCQT()), ids=str)
def test_the_contract(check):
    check()


def test_they_are_two_harmonics_of_six_octaves_under_their_maximum():
    rows = HCQT()(Audio(SONG, 44100, start=7.0))
    tensor = rows.tensors["cqt_mag"]
    assert tensor.shape == (1, len(SONG) // HOP_LENGTH, 216, 2)
    assert tensor.dtype == np.float32
    assert rows.starts.tolist() == [7.0]
    assert tensor.max(axis=(0, 1, 2)).tolist() == [0, 0]
    assert tensor.min() == -80
    apart = tensor[0, :, 36:, 0] - tensor[0, :, :-36, 1]
    heard = (tensor[0, :, 36:, 0] > -70) & (tensor[0, :, :-36, 1] > -70)
    assert np.ptp(apart[heard]) < 1e-4


@given(
    length=st.integers(1, len(SONG)),
    sizes=st.lists(st.integers(1, 300_000), min_size=1, max_size=12),
)
@settings(max_examples=25, deadline=None)
def test_a_stream_gives_the_same_bits_however_it_is_cut(length, sizes):
    stream, at, turn = HCQT().stream(), 0, 0
    while at < length:
        size = sizes[turn % len(sizes)] if turn < 50 else length
        assert len(stream.push(Audio(SONG[at : min(at + size, length)], 44100))) == 0
        at, turn = at + size, turn + 1
    np.testing.assert_array_equal(stream.finish().tensors["cqt_mag"], features(SONG[:length]))


def test_a_stream_serves_one_signal_after_the_other():
    stream = HCQT().stream()
    stream.push(Audio(SONG[:50_000], 44100))
    stream.reset()
    stream.push(Audio(SONG[:9000], 44100, start=3.0))
    rows = stream.finish()
    assert rows.starts.tolist() == [3.0]
    np.testing.assert_array_equal(rows.tensors["cqt_mag"], features(SONG[:9000]))
    assert len(stream.finish()) == 0


@pytest.mark.parametrize("level", [0.0, 1e-9])
def test_silence_is_80_dB_down_and_to_crema_0(level):
    quiet = sounds.noise(1.0, level=level).samples[0]
    assert (features(quiet) == -80).all()
    assert (features(quiet, compat=True) == 0).all()


def test_loudness_changes_nothing():
    np.testing.assert_allclose(features(SONG * 0.25), features(SONG), atol=1e-3)


def test_fifty_milliseconds_are_one_frame_and_to_crema_an_error():
    short = sounds.sine(seconds=0.05).samples[0]
    assert features(short).shape == (1, 1, 216, 2)
    with pytest.raises(AudioError, match="4096 samples at 44100 Hz at least, got 2205"):
        features(short, compat=True)


@pytest.mark.parametrize("length", [4096, 4097, 8191, 8192, 57 * 4096])
def test_crema_counts_frames_by_seconds(length):
    expected = int(length / 44100 * 44100) // 4096
    assert features(SONG[:length], compat=True).shape[1] == expected


@pytest.mark.parametrize("audio", [Audio(SONG, 48000), Audio(np.stack([SONG, SONG]), 44100)])
def test_another_rate_and_other_channels_are_refused(audio):
    with pytest.raises(AudioError, match=r"takes mono at 44100 Hz, got . channel\(s\) at"):
        HCQT()(audio)


def test_decibels_are_those_of_librosa():
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    amplitude = np.geomspace(1e-7, 3, 5000, dtype=np.float32).reshape(100, 50)
    expected = librosa.amplitude_to_db(amplitude, ref=np.max)
    np.testing.assert_allclose(decibels(amplitude**2), expected, atol=1e-4)


@pytest.mark.parity
def test_they_are_cremas(recording):
    got = HCQT(compat=True)(recording.audio).tensors["cqt_mag"][0]
    off = np.abs(got - recording.features)
    assert off.mean() < 0.001
    assert np.quantile(off, 0.99) < 0.01
    assert off.max() < 0.1
