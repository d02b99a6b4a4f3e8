import dataclasses
import itertools
import json
import pickle

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.errors import ValidationError
from audioml.core.features import LogMel
from audioml.core.stages import FeatureExtractor
from audioml.core.values import Audio

RATE = 8000
NOISE = np.random.default_rng(0).uniform(-1, 1, 3 * RATE).astype(np.float32)
NOISE *= np.linspace(1, 1e-3, len(NOISE), dtype=np.float32) ** 2  # loud to quiet: top_db matters
SONYC = LogMel(
    rate=RATE, window=1.0, hop=0.1, n_fft=1024, hop_length=160, n_mels=64, htk=True, power=1.0,
    top_db=80.0,
)  # fmt: skip


def features(extractor, samples=NOISE, *, start=0.0):
    return extractor(Audio(samples, extractor.rate, start)).tensors[extractor.tensor]


def reference(extractor, samples):
    """Return what librosa makes of one window alone, shape (n_mels, frames)."""
    librosa = pytest.importorskip("librosa")
    e = extractor
    spectrum = librosa.stft(
        samples, n_fft=e.n_fft, hop_length=e.hop_length, win_length=e.win_length, center=e.center,
        pad_mode=e.pad_mode,
    )  # fmt: skip
    filters = librosa.filters.mel(
        sr=e.rate, n_fft=e.n_fft, n_mels=e.n_mels, fmin=e.fmin, fmax=e.fmax, htk=e.htk, norm=e.norm
    )
    mel = filters @ np.abs(spectrum) ** e.power + e.offset
    if e.log == "db":
        ref = np.max if e.ref == "max" else e.ref
        return librosa.power_to_db(mel, ref=ref, amin=e.amin, top_db=e.top_db)
    return {"ln": np.log, "log10": np.log10, None: np.asarray}[e.log](np.maximum(mel, e.amin))


def test_it_is_an_extractor_whose_parameters_are_plain():
    assert isinstance(SONYC, FeatureExtractor)
    assert LogMel(**json.loads(json.dumps(dataclasses.asdict(SONYC)))) == SONYC
    assert pickle.loads(pickle.dumps(SONYC)) == SONYC


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"hop": 0.11},  # no multiple of hop_length: nothing is shared
        {"hop": 0.013},
        {"hop": None},
        {"hop": 1.4},  # a gap between windows
        {"hop_length": 100},
        {"pad_mode": "reflect"},
        {"center": False},
        {"win_length": 600},
        {"n_fft": 1023},
        {"n_fft": 2048, "window": 0.2},  # every frame sees padding, most on both sides
        {"n_fft": 2048, "window": 0.2, "pad_mode": "reflect"},
        {"power": 2.0, "htk": False, "norm": None, "fmin": 50.0, "fmax": 3500.0},
        {"power": 1.5, "ref": 0.5, "top_db": None},
        {"ref": "max", "top_db": 30.0},
        {"ref": "max", "top_db": None},
        {"log": "ln", "amin": 1e-5, "top_db": None},
        {"log": "log10", "offset": 0.01, "amin": 0.0, "top_db": None},
        {"log": None, "top_db": None},
    ],
)
def test_every_window_is_what_librosa_makes_of_it_alone(change):
    extractor = dataclasses.replace(SONYC, pad="drop", **change)
    rows = extractor(Audio(NOISE, RATE))
    length = round(extractor.window * RATE)
    assert len(rows) >= 2
    for row, start in zip(rows.tensors["logmel"], rows.starts, strict=True):
        first = round(start * RATE)
        expected = reference(extractor, NOISE[first : first + length])
        np.testing.assert_allclose(row, expected, atol=1e-4)


@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("n", [20000, 1024, 700, 1])
@pytest.mark.filterwarnings("ignore:n_fft")
def test_without_a_window_the_whole_signal_is_one_row(n, center, pad_mode):
    extractor = dataclasses.replace(
        SONYC, window=None, hop=None, center=center, pad_mode=pad_mode, dtype="float64"
    )
    samples = NOISE[:n] if center else np.pad(NOISE[:n], (0, max(0, 1024 - n)))
    row = features(extractor, NOISE[:n])
    assert row.dtype == np.float32
    np.testing.assert_allclose(row, reference(extractor, samples)[np.newaxis], atol=1e-4)


def test_double_precision_follows_librosa_where_single_precision_is_noise():
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    extractor = dataclasses.replace(SONYC, top_db=None, power=2.0, amin=1e-30, dtype="float64")
    expected = reference(extractor, tone)
    np.testing.assert_allclose(features(extractor, tone)[0], expected, atol=1e-4)


@pytest.mark.parametrize("layout", ["mt", "tm", "mt1", "1tm"])
def test_the_axes_stand_as_the_layout_says(layout):
    expected = features(SONYC)
    got = features(dataclasses.replace(SONYC, layout=layout))
    assert got.shape == {
        "mt": (21, 64, 51), "tm": (21, 51, 64), "mt1": (21, 64, 51, 1), "1tm": (21, 1, 51, 64),
    }[layout]  # fmt: skip
    flat = got.reshape(21, *(n for n in got.shape[1:] if n != 1))
    np.testing.assert_array_equal(flat if "mt" in layout else flat.swapaxes(1, 2), expected)
    assert got.flags.c_contiguous


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(0, 2 * RATE),
    change=st.sampled_from(
        [
            {},
            {"hop": 0.11},
            {"hop": 1.2},
            {"pad": "drop"},
            {"pad": "short", "pad_mode": "reflect"},
            {"window": None, "hop": None},
            {"window": None, "hop": None, "pad_mode": "reflect", "ref": "max"},
            {"window": None, "hop": None, "center": False, "pad": "drop"},
        ]
    ),
    cuts=st.lists(st.integers(0, 2 * RATE), max_size=40),
)
def test_a_stream_gives_what_the_whole_gives_to_the_last_bit(n, change, cuts):
    extractor = dataclasses.replace(SONYC, **change)
    expected = extractor(Audio(NOISE[:n], RATE, -1.0))
    stream = extractor.stream()
    ends = [0, *sorted(min(c, n) for c in cuts), n]
    parts = [
        stream.push(Audio(NOISE[a:b], RATE, -1.0 + a / RATE)) for a, b in itertools.pairwise(ends)
    ]
    parts.append(stream.finish())
    got = np.concatenate([p.tensors["logmel"] for p in parts if len(p) or not len(expected)])
    np.testing.assert_array_equal(got, expected.tensors["logmel"])
    np.testing.assert_array_equal(np.concatenate([p.starts for p in parts]), expected.starts)


def test_a_row_comes_as_soon_as_its_window_is_full():
    stream = SONYC.stream()
    assert len(stream.push(Audio(NOISE[: RATE - 1], RATE))) == 0
    assert len(stream.push(Audio(NOISE[RATE - 1 : RATE], RATE))) == 1
    assert len(stream.push(Audio(NOISE[RATE : RATE + 800], RATE))) == 1


def test_after_a_reset_a_new_signal_begins():
    stream = SONYC.stream()
    stream.push(Audio(NOISE[: 2 * RATE], RATE))
    stream.reset()
    rows = stream.push(Audio(NOISE[-RATE:], RATE, 60.0))
    np.testing.assert_array_equal(rows.tensors["logmel"], features(SONYC, NOISE[-RATE:]))
    assert rows.starts == [60.0]


def test_a_short_signal_is_padded_with_zeros_to_one_window():
    padded = np.pad(NOISE[:3000], (0, RATE - 3000))
    np.testing.assert_array_equal(features(SONYC, NOISE[:3000]), features(SONYC, padded))
    assert features(dataclasses.replace(SONYC, pad="drop"), NOISE[:3000]).shape == (0, 64, 51)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["03_000965", "05_001577", "07_002400"])
def test_street_recordings_give_the_features_of_the_sonyc_node(reference_data, name):
    samples, rate = soundfile.read(reference_data / f"edge/{name}.wav", dtype="float32")
    samples = soxr.resample(samples, rate, RATE, quality="HQ")
    expected = np.load(reference_data / f"edge/{name}.npz")["features"]
    np.testing.assert_allclose(features(SONYC, samples), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_fft": 1},
        {"hop_length": 0},
        {"win_length": 2000},
        {"window": 0.1, "center": False},
        {"pad_mode": "wrap"},
        {"log": "dB"},
        {"amin": 0.0},
        {"ref": -1.0},
        {"log": "ln"},  # with top_db
        {"layout": "nhwc"},
        {"dtype": "float16"},
        {"pad": "centre"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        dataclasses.replace(SONYC, **bad)


@given(st.integers(1, 30_000), st.integers(1, 9000))
@settings(max_examples=40, deadline=None)
def test_centred_padding_is_that_of_the_padded_signal(length, block) -> None:
    sound = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    params = {"rate": 8000, "window": 1.0, "hop": 0.25, "n_fft": 256, "hop_length": 200}
    features = LogMel(**params, n_mels=8, pad="center")
    rows = features(Audio(sound, 8000, start=3.0))
    size = max(0, -(-(length - 8000) // 2000)) * 2000 + 8000
    before = (size - length) // 2
    padded = np.pad(sound, (before, size - length - before))
    wanted = LogMel(**params, n_mels=8)(Audio(padded, 8000))
    np.testing.assert_array_equal(rows.tensors["logmel"], wanted.tensors["logmel"])
    np.testing.assert_allclose(rows.starts, wanted.starts + 3.0 - before / 8000)
    cuts = [Audio(sound[i : i + block], 8000, 3.0 + i / 8000) for i in range(0, length, block)]
    parts = [part.tensors["logmel"] for part in features.whole(cuts)]
    np.testing.assert_array_equal(np.concatenate(parts), rows.tensors["logmel"])
