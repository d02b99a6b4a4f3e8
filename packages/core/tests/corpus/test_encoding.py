import numpy as np
import pytest

from audioml.core.corpus import ENCODINGS, decode, encode
from audioml.core.errors import ValidationError

NOISE = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)


@pytest.mark.parametrize(
    ("encoding", "error"), [("float32", 0), ("int16", 0.5 / 32768), ("mulaw", 0.022)]
)
def test_samples_come_back_as_near_as_the_encoding_can(encoding, error):
    kept = encode(NOISE, encoding)
    assert kept.dtype == ENCODINGS[encoding]
    assert np.abs(decode(kept, encoding) - NOISE).max() <= error + 1e-7


def test_every_16_bit_sample_and_every_mulaw_step_survives_a_round_trip():
    pcm = np.arange(-32768, 32768, dtype=np.int16)
    np.testing.assert_array_equal(encode(decode(pcm, "int16"), "int16"), pcm)
    steps = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(encode(decode(steps, "mulaw"), "mulaw"), steps)


def test_mulaw_steps_lie_between_fixed_ends_and_are_fine_near_silence():
    assert encode(np.array([-1.0, 1.0]), "mulaw").tolist() == [0, 255]
    levels = decode(np.arange(256, dtype=np.uint8), "mulaw")
    assert np.diff(levels)[127] < 1e-3 < np.diff(levels)[0]


def test_mulaw_is_the_curve_of_its_definition():
    samples = np.concatenate([np.linspace(-1, 1, 400_001), np.geomspace(1e-9, 1, 10_000)])
    samples = np.concatenate([samples, -samples]).astype(np.float32)
    curve = np.sign(samples) * np.log1p(255 * np.abs(samples.astype(np.float64))) / np.log(256)
    exact = (curve + 1) / 2 * 255
    far = np.abs(exact % 1 - 0.5) > 1e-5  # from where one step becomes the next
    found = encode(samples, "mulaw")
    np.testing.assert_array_equal(found[far], np.floor(exact + 0.5)[far])
    assert np.abs(found - exact).max() < 0.5001


@pytest.mark.parametrize(("encoding", "ends"), [("int16", [-32768, 32767]), ("mulaw", [0, 255])])
def test_what_overshoots_is_clipped(encoding, ends):
    assert encode(np.array([-1.5, 1.5]), encoding).tolist() == ends


def test_an_unknown_encoding_is_refused():
    with pytest.raises(ValidationError, match="'mp3' is not one of float32, int16, mulaw"):
        encode(NOISE, "mp3")
