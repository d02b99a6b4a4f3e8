import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.errors import ValidationError
from audioml.core.testing import parametrize_with_checks, sounds
from audioml.core.values import Audio
from audioml_vggish.features import EXAMPLE, VGGishLogMel
from audioml_vggish.spectra import mel_matrix

NOISE = sounds.noise(5.0, rate=16000)


def cut(audio, size):
    return [
        Audio(audio.samples[:, i : i + size], audio.rate, i / audio.rate)
        for i in range(0, audio.samples.shape[1], size)
    ]


def of_length(count):
    return Audio(NOISE.samples[:, :count], 16000)


def rows(features, count):
    return features(of_length(count)).tensors["examples"]


def reference(samples):
    """The spectrogram as the paper tells it, in double precision."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 400)[::160]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    return np.log(np.abs(np.fft.rfft(frames * window, 512)) @ mel_matrix() + 0.01)


@parametrize_with_checks([VGGishLogMel(), VGGishLogMel(hop=0.1), VGGishLogMel(pad="zero")])
def test_the_contract(check):
    check()


def test_examples_are_those_of_the_paper():
    examples = rows(VGGishLogMel(), 3 * 15360 + 240)
    assert examples.dtype == np.float32
    assert examples.shape == (3, 96, 64)
    wanted = reference(NOISE.samples[0, : 3 * 15360 + 240])
    np.testing.assert_allclose(examples.reshape(-1, 64), wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("pad", "counts"),
    [
        ("drop", {1: 0, EXAMPLE - 1: 0, EXAMPLE: 1, EXAMPLE + 15359: 1, EXAMPLE + 15360: 2}),
        ("zero", {1: 1, EXAMPLE - 1: 1, EXAMPLE: 1, EXAMPLE + 1: 2, EXAMPLE + 15360: 2}),
        ("repeat", {1: 1, EXAMPLE - 1: 1, EXAMPLE: 1, EXAMPLE + 15359: 1, EXAMPLE + 15360: 2}),
    ],
)
def test_an_example_needs_15600_samples_and_each_further_one_15360(pad, counts):
    features = VGGishLogMel(pad=pad)
    assert {n: len(rows(features, n)) for n in counts} == counts


def test_silence_completes_and_repetition_fills():
    short = NOISE.samples[0, :7000]
    silent = np.concatenate([short, np.zeros(EXAMPLE - 7000, np.float32)])
    again = np.concatenate([short, short, short])[:EXAMPLE]
    for pad, filled in (("zero", silent), ("repeat", again)):
        np.testing.assert_array_equal(
            rows(VGGishLogMel(pad=pad), 7000),
            VGGishLogMel()(Audio(filled, 16000)).tensors["examples"],
        )


@pytest.mark.parametrize("pad", ["drop", "zero", "repeat"])
def test_a_signal_without_samples_has_no_example(pad):
    stream = VGGishLogMel(pad=pad).stream()
    assert len(stream.finish()) == 0
    assert stream.finish().tensors["examples"].shape == (0, 96, 64)


@pytest.mark.parametrize("hop", [0.01, 0.1, 0.48, 0.5, 0.96, 1.5])
def test_examples_of_any_hop_are_those_cut_out_by_hand(hop):
    examples = VGGishLogMel(hop=hop)(of_length(40000))
    step = round(hop * 16000)
    np.testing.assert_allclose(examples.starts, np.arange(len(examples)) * hop, atol=1e-9)
    assert len(examples) == (40000 - EXAMPLE) // step + 1
    for index in {0, 1, len(examples) // 2, len(examples) - 1}:
        alone = of_length(40000).samples[:, index * step :][:, :EXAMPLE]
        wanted = VGGishLogMel()(Audio(alone, 16000)).tensors["examples"][0]
        np.testing.assert_array_equal(examples.tensors["examples"][index], wanted)


@given(
    hop=st.sampled_from([0.05, 0.48, 0.96, 1.3]),
    pad=st.sampled_from(["drop", "zero", "repeat"]),
    length=st.integers(1, 60000),
    sizes=st.lists(st.integers(1, 20000), min_size=1, max_size=30),
)
@settings(max_examples=25, deadline=None)
def test_a_stream_gives_the_same_bits_however_it_is_cut(hop, pad, length, sizes):
    features, audio = VGGishLogMel(hop=hop, pad=pad), of_length(length)
    whole = features(audio)
    stream, parts, at, turn = features.stream(), [], 0, 0
    while at < length:
        block = audio.samples[:, at : at + sizes[turn % len(sizes)]]
        parts.append(stream.push(Audio(block, 16000, at / 16000)))
        at, turn = at + block.shape[1], turn + 1
    parts.append(stream.finish())
    joined = np.concatenate([part.tensors["examples"] for part in parts])
    np.testing.assert_array_equal(joined, whole.tensors["examples"])
    np.testing.assert_array_equal(np.concatenate([p.starts for p in parts]), whole.starts)


def test_a_stream_serves_again_after_its_end_and_after_a_gap():
    features = VGGishLogMel(hop=0.48, pad="repeat")
    stream = features.stream()
    stream.push(of_length(30000))
    stream.reset()
    later = Audio(of_length(5000).samples, 16000, 9.0)
    stream.push(later)
    found = stream.finish()
    assert found.starts.tolist() == [9.0]
    np.testing.assert_array_equal(found.tensors["examples"], rows(features, 5000))


@pytest.mark.parametrize(
    "wrong",
    [{"hop": h} for h in (0.0, -0.96, 0.005, 0.015, float("nan"), None, "1", True)]
    + [{"pad": "short"}],
)
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError, match=f"'{next(iter(wrong))}' must be"):
        VGGishLogMel(**wrong)


@pytest.mark.parity
def test_the_mel_matrix_is_the_originals(reference_data):
    theirs = np.load(reference_data / "vggish" / "mel_matrix_257x64.npy")
    # the same bits with numpy 2; the logarithm of numpy 1.26 rounds otherwise
    np.testing.assert_allclose(mel_matrix(), theirs, rtol=0, atol=1e-13)


@pytest.mark.parity
def test_examples_are_those_of_the_original(recording):
    audio = Audio(recording["resampled16k"], 16000)
    ours = VGGishLogMel()(audio).tensors["examples"]
    np.testing.assert_allclose(ours, recording["log_mel_examples"], rtol=0, atol=5e-5)
