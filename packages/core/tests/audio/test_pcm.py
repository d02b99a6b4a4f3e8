from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.audio.pcm import FORMATS, PCM, check_form
from audioml.core.errors import UsageError


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("s16le", b"\x00\x80\xff\x7f\x01\x00", [-1, 32767 / 32768, 1 / 32768]),
        ("s24le", b"\x00\x00\x80\xff\xff\x7f\x01\x00\x00", [-1, 1 - 2**-23, 2**-23]),
        ("s32le", b"\x00\x00\x00\x80\x00\x00\x00\x40", [-1, 0.5]),
        ("u8", b"\x00\x80\xff", [-1, 0, 127 / 128]),
        ("f32le", np.array([0.25, -2], "<f4").tobytes(), [0.25, -2]),
        ("f64le", np.array([0.25, 1e300], "<f8").tobytes(), [0.25, np.inf]),
    ],
)
def test_every_format_has_its_exact_scale(kind, data, expected) -> None:
    samples = PCM(kind, 1).push(data)
    assert samples.dtype == np.float32
    assert samples.tolist() == [[np.float32(e) for e in expected]]


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(FORMATS)),
    channels=st.integers(1, 3),
    cuts=st.lists(st.integers(0, 120), max_size=8),
    extra=st.integers(0, 5),
)
def test_bytes_may_be_split_anywhere(kind, channels, cuts, extra) -> None:
    frame = FORMATS[kind] * channels
    data = bytes(range(7, 7 + 5 * frame + min(extra, frame - 1)))
    whole = PCM(kind, channels).push(data[: 5 * frame])
    pcm, edges = PCM(kind, channels), [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    parts = [pcm.push(data[a:b]) for a, b in itertools.pairwise(edges)]
    joined = np.concatenate(parts, axis=1)
    assert joined.shape == (channels, 5)
    assert joined.tobytes() == whole.tobytes()


def test_channels_are_taken_apart() -> None:
    data = np.array([[1, 2], [3, 4], [5, 6]], "<i2").tobytes()
    assert (PCM("s16le", 2).push(data) * 32768).tolist() == [[1, 3, 5], [2, 4, 6]]


def test_what_is_unknown_is_said() -> None:
    with pytest.raises(UsageError, match="unknown format 's12be'; expected one of s16le"):
        PCM("s12be", 1)
    with pytest.raises(UsageError, match="sample rate of 100 to 768000 Hz, got True"):
        check_form(True, 1)
    with pytest.raises(UsageError, match="1 to 64 channels, got 0"):
        check_form(8000, 0)
