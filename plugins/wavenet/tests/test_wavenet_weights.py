import dataclasses

import numpy as np
import pytest
import wavenet_tiny

from audioml.core.errors import IntegrityError, ValidationError
from audioml_wavenet.engine.layout import packed
from audioml_wavenet.weights import Weights


def test_what_was_written_is_read(tmp_path):
    weights = wavenet_tiny.weights()
    for name in ("a.npz", "b.npz"):
        weights.write(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    found = Weights.read(tmp_path / "a.npz", wavenet_tiny.ODD)
    assert all(np.array_equal(found[name], weights[name]) for name in weights.arrays)


def test_files_that_do_not_hold_the_weights(tmp_path):
    path = tmp_path / "weights.npz"
    wavenet_tiny.weights().write(path)
    whole = path.read_bytes()
    other = dataclasses.replace(wavenet_tiny.ODD, gate=10)
    with pytest.raises(IntegrityError, match=r"'past' must be float32 of shape \(4, 5, 2, 10\)"):
        Weights.read(path, other)
    np.savez(path, embedding=np.array([{}], dtype=object))
    with pytest.raises(IntegrityError, match="does not hold the weights"):
        Weights.read(path, wavenet_tiny.ODD)
    for damaged in (whole[: len(whole) // 2], b"", b"PK\3\4 nothing"):
        path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match="does not hold the weights"):
            Weights.read(path, wavenet_tiny.ODD)
    with pytest.raises(IntegrityError, match="does not hold the weights"):
        Weights.read(tmp_path / "gone.npz", wavenet_tiny.ODD)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("bias", None, "array 'bias' is missing"),
        ("more", np.zeros(3, np.float32), "array 'more' is not of this architecture"),
        ("bias", np.zeros((4, 2, 9)), "must be float32 of shape"),
        ("bias", np.full((4, 2, 9), np.nan, np.float32), "'bias' holds numbers that are not fin"),
    ],
)
def test_arrays_that_are_refused(name, array, said):
    arrays = dict(wavenet_tiny.weights().arrays)
    arrays[name] = array
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(ValidationError, match=said):
        Weights(wavenet_tiny.ODD, arrays)


def test_three_bytes_keep_of_a_weight_what_float32_does():
    rng = np.random.default_rng(0)
    matrix = np.concatenate([rng.normal(0, 1, 5000), [4.0, -4.0, 0.0, 3.9999998, 1e-7]])
    scale = 2.0**-29  # of numbers up to 4
    raw = packed(matrix.astype(np.float32), scale).reshape(-1, 3)
    spread = raw[:, [2, 0, 1, 2]].copy().view("<i4")[:, 0]  # as the kernel does it
    off = np.abs(spread * scale - matrix.astype(np.float32))
    assert off[:-5].max() < 4 * 2.0**-24 * 1.02
    assert off[-5:].max() < 4 * 2.0**-22  # what is largest is cut off
