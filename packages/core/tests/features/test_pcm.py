import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.errors import AudioError, ValidationError
from audioml.core.features import PCM
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio

NOISE = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)


def rows_of(extractor, samples, *, start=0.0):
    rows = extractor(Audio(samples, 100, start))
    return rows.tensors["audio"], rows.starts


def test_it_is_an_extractor():
    assert isinstance(PCM(rate=100), FeatureExtractor)


def test_windows_follow_each_other_by_the_hop():
    rows, starts = rows_of(PCM(rate=100, window=1.0, hop=0.5), NOISE, start=-2.0)
    assert rows.shape == (19, 100)
    np.testing.assert_array_equal(rows[3], NOISE[150:250])
    np.testing.assert_allclose(starts, -2 + 0.5 * np.arange(19))


def test_without_a_window_the_whole_signal_is_one_row():
    rows, starts = rows_of(PCM(rate=100), NOISE, start=3.0)
    np.testing.assert_array_equal(rows, NOISE[np.newaxis])
    assert starts == [3.0]


@pytest.mark.parametrize(
    ("pad", "n", "expected"),
    [
        ("zero", 100, 1),
        ("zero", 101, 2),
        ("zero", 40, 1),
        ("zero", 0, 0),
        ("short", 140, 1),
        ("short", 40, 1),
        ("drop", 140, 1),
        ("drop", 40, 0),
    ],
)
def test_what_fills_no_window_is_padded_as_wanted(pad, n, expected):
    rows, _ = rows_of(PCM(rate=100, window=1.0, hop=0.5, pad=pad), NOISE[:n])
    assert rows.shape == (expected, 100)
    if n == 40 and expected:
        np.testing.assert_array_equal(rows[0], np.pad(NOISE[:40], (0, 60)))


def test_windows_of_a_signal_are_a_view_of_it():
    samples = NOISE.copy()
    rows, _ = rows_of(PCM(rate=100, window=1.0, hop=0.1), samples)
    assert np.shares_memory(rows, samples)
    assert not rows.flags.writeable


def test_axes_of_length_one_stand_where_the_layout_says():
    rows, _ = rows_of(PCM(rate=100, window=1.0, layout="1n"), NOISE)
    assert rows.shape == (10, 1, 100)


@given(
    n=st.integers(0, 400),
    window=st.integers(1, 130),
    hop=st.integers(1, 200),
    pad=st.sampled_from(["zero", "short", "drop"]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_a_stream_gives_what_the_whole_gives(n, window, hop, pad, cuts):
    extractor = PCM(rate=100, window=window / 100, hop=hop / 100, pad=pad)
    expected, starts = rows_of(extractor, NOISE[:n], start=5.0)
    stream = extractor.stream()
    ends = [0, *sorted(min(c, n) for c in cuts), n]
    parts = [
        stream.push(Audio(NOISE[a:b], 100, 5.0 + a / 100)) for a, b in itertools.pairwise(ends)
    ]
    parts.append(stream.finish())
    np.testing.assert_array_equal(np.concatenate([p.tensors["audio"] for p in parts]), expected)
    np.testing.assert_array_equal(np.concatenate([p.starts for p in parts]), starts)


def test_a_stream_of_a_whole_signal_gives_it_at_the_end():
    stream = PCM(rate=100).stream()
    assert len(stream.push(Audio(NOISE[:600], 100, 1.0))) == 0
    assert len(stream.push(Audio(NOISE[600:], 100, 7.0))) == 0
    rows = stream.finish()
    np.testing.assert_array_equal(rows.tensors["audio"], NOISE[np.newaxis])
    assert rows.starts == [1.0]
    assert len(stream.finish()) == 0


def test_after_a_reset_a_new_signal_begins():
    stream = PCM(rate=100, window=1.0).stream()
    stream.push(Audio(NOISE[:50], 100, 0.0))
    stream.reset()
    rows = stream.push(Audio(NOISE[500:600], 100, 9.0))
    np.testing.assert_array_equal(rows.tensors["audio"][0], NOISE[500:600])
    assert rows.starts == [9.0]


def test_a_stream_does_not_need_the_callers_memory_later():
    stream, block = PCM(rate=100, window=1.0).stream(), NOISE[:50].copy()
    stream.push(Audio(block, 100))
    block[:] = 0
    rows = stream.push(Audio(NOISE[50:100], 100, 0.5))
    np.testing.assert_array_equal(rows.tensors["audio"][0], NOISE[:100])


@pytest.mark.parametrize(
    "bad",
    [
        {"rate": 0},
        {"rate": 100.5},
        {"rate": 100, "window": 0.001},
        {"rate": 100, "window": 1.0, "hop": 0.0},
        {"rate": 100, "hop": 1.0},
        {"rate": 100, "pad": "wrap"},
        {"rate": 100, "layout": "m"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        PCM(**bad)


def test_audio_of_another_rate_or_several_channels_is_refused():
    with pytest.raises(AudioError, match="take audio at 100 Hz, got 8000 Hz"):
        PCM(rate=100)(Audio(NOISE, 8000))
    with pytest.raises(AudioError, match="take 1 channel, got 2"):
        PCM(rate=100)(Audio(np.stack([NOISE, NOISE]), 100))
