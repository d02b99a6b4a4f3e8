import warnings

import numpy as np
import pytest

from audioml.core.errors import ValidationError
from audioml.core.features import frame, hann, stft

librosa = pytest.importorskip("librosa")
NOISE = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n_fft", "hop_length", "win_length"), [(1024, 160, None), (512, None, 400), (255, 100, 101)]
)
def test_the_transform_is_librosas_to_the_last_bit(
    n_fft, hop_length, win_length, center, pad_mode, dtype
):
    options = {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": win_length,
        "center": center,
        "pad_mode": pad_mode,
    }
    ours, theirs = (
        stft(NOISE.astype(dtype), **options),
        librosa.stft(NOISE.astype(dtype), **options),
    )
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_channels_are_transformed_each_by_itself():
    both = stft(np.stack([NOISE, -NOISE]), n_fft=256)
    np.testing.assert_array_equal(both[0], stft(NOISE, n_fft=256))
    np.testing.assert_array_equal(both[1], -both[0])


def test_a_signal_shorter_than_a_frame_is_padded_where_centred():
    with warnings.catch_warnings(action="ignore"):
        expected = librosa.stft(NOISE[:100], n_fft=512)
    np.testing.assert_array_equal(stft(NOISE[:100], n_fft=512), expected)
    with pytest.raises(ValidationError, match="100 samples holds no frame of 512"):
        stft(NOISE[:100], n_fft=512, center=False)


def test_frames_are_a_view_of_the_signal():
    frames = frame(NOISE, frame_length=100, hop_length=30)
    assert np.shares_memory(frames, NOISE)
    expected = librosa.util.frame(NOISE, frame_length=100, hop_length=30)
    np.testing.assert_array_equal(frames, expected.T)


def test_a_window_longer_than_the_transform_is_refused():
    with pytest.raises(ValidationError, match=r"'win_length' must be in 1\.\.512"):
        hann(512, win_length=513)


def test_a_hop_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="must be above 0"):
        frame(NOISE, frame_length=10, hop_length=0)
