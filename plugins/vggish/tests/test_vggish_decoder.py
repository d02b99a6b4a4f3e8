import numpy as np
import pytest

from audioml.core.errors import UsageError, ValidationError
from audioml.core.testing import DecoderExample, parametrize_with_checks
from audioml.core.values import concatenate
from audioml_vggish.decoder import VGGishDecoder, eight_bits

RANDOM = np.random.default_rng(5)
OUTPUTS = {
    "embedding": RANDOM.random((7, 128)).astype(np.float32),
    "whitened": RANDOM.standard_normal((7, 128)) * 1.5,
}
RAW_ONLY = {"embedding": OUTPUTS["embedding"]}
STARTS = np.arange(7) * 0.48 + 2.0
END = 7.0


def decoded(outputs=OUTPUTS, starts=STARTS, **params):
    return VGGishDecoder(**params)(outputs, starts=starts, end=END)["embedding"]


@parametrize_with_checks([DecoderExample(VGGishDecoder(), OUTPUTS, hop=0.96)])
def test_the_decoder_keeps_every_rule(check):
    check()


def test_eight_bits_are_cut_off_not_rounded():
    whitened = np.array([-9.0, -2.0, -1.99, 0.0, 1.99, 2.0, 9.0])
    assert eight_bits(whitened).tolist() == [0, 0, 0, 127, 254, 255, 255]


def test_each_output():
    np.testing.assert_array_equal(decoded(output="raw").values, OUTPUTS["embedding"])
    np.testing.assert_array_equal(decoded(output="pca").values, OUTPUTS["whitened"])
    found = decoded(output="uint8").values
    assert found.dtype == np.uint8
    clipped = OUTPUTS["whitened"].clip(-2, 2)
    np.testing.assert_array_equal(found, np.floor((clipped + 2) * 63.75))


def test_the_default_is_eight_bits_where_there_is_whitening():
    assert decoded().values.dtype == np.uint8
    assert decoded(RAW_ONLY).values.dtype == np.float32
    for output in ("pca", "uint8"):
        with pytest.raises(UsageError, match="imported without"):
            decoded(RAW_ONLY, output=output)


def test_the_clock_is_that_of_the_examples():
    found = decoded(hop=0.48)
    assert (found.start, found.hop) == (2.0, 0.48)


@pytest.mark.parametrize(("pool", "of"), [("mean", np.mean), ("max", np.max)])
def test_pooling_makes_one_vector_before_the_eight_bits(pool, of):
    raw = decoded(output="raw", pool=pool)
    assert (raw.values.shape, raw.values.dtype) == ((1, 128), np.float32)
    assert (raw.start, raw.hop) == (2.0, 5.0)
    np.testing.assert_allclose(raw.values[0], of(OUTPUTS["embedding"], axis=0), rtol=1e-6)
    whitened = of(OUTPUTS["whitened"], axis=0)
    np.testing.assert_array_equal(decoded(pool=pool).values[0], eight_bits(whitened))


@pytest.mark.parametrize("pool", ["none", "mean"])
def test_no_example_no_vector(pool):
    none = {name: array[:0] for name, array in OUTPUTS.items()}
    found = decoded(none, STARTS[:0], pool=pool)
    assert (found.values.shape, found.values.dtype) == ((0, 128), np.uint8)


@pytest.mark.parametrize("pool", ["none", "mean", "max"])
@pytest.mark.parametrize("output", ["raw", "pca", "uint8"])
@pytest.mark.parametrize("sizes", [(7,), (1, 6), (1, 1, 1, 4), (3, 4), (1,)])
def test_a_stream_answers_as_the_whole_does(pool, output, sizes):
    decoder = VGGishDecoder(output=output, pool=pool, hop=0.48)
    stream, parts, at = decoder.stream(), [], 0
    for size in sizes:
        some = {name: array[at : at + size] for name, array in OUTPUTS.items()}
        parts.append(stream.push(some, starts=STARTS[at : at + size], end=END))
        at += size
    parts.append(stream.finish(end=END))
    found = concatenate(parts)["embedding"]
    some = {name: array[:at] for name, array in OUTPUTS.items()}
    wanted = decoder(some, starts=STARTS[:at], end=END)["embedding"]
    np.testing.assert_array_equal(found.values, wanted.values)
    assert (found.hop, found.start) == (wanted.hop, wanted.start)


def test_a_stream_that_heard_nothing_says_nothing():
    for pool in ("none", "mean"):
        assert not VGGishDecoder(pool=pool).stream().finish(end=0.0)


@pytest.mark.parametrize("wrong", [{"output": "int8"}, {"pool": "median"}])
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError, match="must be one of"):
        VGGishDecoder(**wrong)
