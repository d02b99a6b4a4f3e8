"""Readers against files that TensorFlow 1.15.4 and torch 2.13.0 wrote."""

import json
import struct

import numpy as np
import pytest
import vggish_tiny

from audioml.core.errors import IntegrityError, NotFoundError, UsageError
from audioml_vggish.checkpoints import safetensors, tensorflow, torch
from audioml_vggish.checkpoints.crc32c import crc32c, masked
from audioml_vggish.checkpoints.gathering import are_vggish, gathered
from audioml_vggish.checkpoints.snappy import decompressed

WEIGHTS = ["v1.ckpt", "v2.ckpt.index", "v2.ckpt", "v2.ckpt.data-00000-of-00001"]
STATES = ["state_zip.pth", "state_legacy.pth"]


def bytewise(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def test_the_checksum_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert masked(crc32c(b"")) == 0xA282EAD8


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 8, 31, 4096, 65535, 65536, 65541, 140003])
def test_checksums_of_any_length_and_in_parts(size):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == bytewise(data) == crc32c(data[: size // 3], data[size // 3 :])


def test_compressed_blocks():
    # literals and copies with offsets of one, two and four bytes, one of which overlaps itself
    copies = b"\x01\x04", b"\x2e\x01\x00", b"\x0f\x04\x00\x00\x00"
    data = b"".join([b"\x1c", b"\x0cabcd", *copies, b"\x0cwxyz"])
    assert decompressed(memoryview(data)) == b"abcdabcd" + b"d" * 12 + b"dddd" + b"wxyz"
    long = np.random.default_rng(0).bytes(70000)
    head = b"\xf0\xa2\x04" + b"\xf8" + (69999).to_bytes(3, "little")
    assert decompressed(memoryview(head + long)) == long


@pytest.mark.parametrize(
    "damage", [b"", b"\x05", b"\xff\xff\xff\xff\x7f\x00", b"\x04\x01\x01", b"\x01\x0cabcd"]
)
def test_damaged_blocks_are_told(damage):
    with pytest.raises((ValueError, IndexError)):
        decompressed(memoryview(damage))


@pytest.mark.parametrize("name", WEIGHTS)
def test_checkpoints_of_both_versions(fixtures, name):
    found = tensorflow.read(fixtures / name, set(vggish_tiny.arrays()))
    for key, array in vggish_tiny.arrays().items():
        np.testing.assert_array_equal(found[key], array)
    assert set(found) == set(vggish_tiny.arrays())
    assert set(found) <= tensorflow.names(fixtures / name)


@pytest.mark.parametrize("name", STATES)
def test_state_dicts_of_both_formats(fixtures, name):
    found = torch.read(fixtures / name)
    assert len(found) == 20
    conv2 = vggish_tiny.arrays()["vggish/conv2/weights"]
    np.testing.assert_array_equal(found["features.3.weight"], conv2.transpose(3, 2, 0, 1))
    means = vggish_tiny.pca()["pca_means"].astype(np.float32)
    np.testing.assert_array_equal(found["pproc.pca_means"], means)


@pytest.mark.parametrize("name", [*WEIGHTS, *STATES])
def test_a_network_out_of_any_of_them(fixtures, name):
    assert are_vggish([fixtures / name])
    found = gathered([fixtures / name])
    for key, array in vggish_tiny.arrays().items():
        np.testing.assert_array_equal(found.network[key], array)
    assert (found.pca is not None) == (name in STATES)


@pytest.mark.parametrize("name", ["pca_zip.pth", "pca_legacy.pth", None])
def test_whitening_out_of_npz_and_pth(fixtures, pca_file, name):
    paths = [fixtures / name if name else pca_file, fixtures / "v1.ckpt"]
    assert are_vggish(paths)
    found = gathered(paths)
    for key, array in vggish_tiny.pca().items():
        np.testing.assert_array_equal(found.pca[key], array)
    assert found.files == (paths[1], paths[0])


def test_what_is_given_beside_comes_before_what_is_within(fixtures, pca_file):
    found = gathered([fixtures / "state_zip.pth", pca_file])
    np.testing.assert_array_equal(found.pca["pca_means"], vggish_tiny.pca()["pca_means"])


def test_index_and_data_may_both_be_named(fixtures):
    paths = [fixtures / "v2.ckpt.data-00000-of-00001", fixtures / "v2.ckpt.index"]
    assert are_vggish(paths)
    assert gathered(paths).files == tuple(paths)


def test_safetensors(tmp_path, fixtures):
    state = torch.read(fixtures / "state_zip.pth")
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, array in state.items():
        data = array.astype("<f4").tobytes()
        about = {"dtype": "F32", "shape": list(array.shape)}
        header[name] = {**about, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    assert are_vggish([path])
    for key, array in vggish_tiny.arrays().items():
        np.testing.assert_array_equal(gathered([path]).network[key], array)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="is not a whole safetensors file"):
        safetensors.read(path)


def test_what_is_no_vggish_is_not_recognised(fixtures, tmp_path, pca_file):
    text, linear = tmp_path / "x.txt", tmp_path / "gone.ckpt"
    text.write_text("hello")
    v1 = fixtures / "v1.ckpt"
    wrong = [[text], [linear], [tmp_path], [pca_file], [v1, text], [v1, fixtures / "v2.ckpt"], []]
    for paths in wrong:
        assert not are_vggish(paths), paths
        with pytest.raises(UsageError):
            gathered(paths)


def test_data_that_are_not_there_are_told(fixtures, tmp_path):
    index = tmp_path / "v2.ckpt.index"
    index.write_bytes((fixtures / index.name).read_bytes())
    with pytest.raises(NotFoundError, match=r"data-00000-of-00001 cannot be read: No such file"):
        gathered([index])
