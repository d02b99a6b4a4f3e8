"""Files that are damaged or made to do harm: one sentence each, and nothing is run."""

import io
import pickle
import shutil
import zipfile

import numpy as np
import pytest
import vggish_tiny

from audioml.core.errors import AudiomlError, IntegrityError
from audioml_vggish.checkpoints import tensorflow, torch
from audioml_vggish.checkpoints.gathering import are_vggish, gathered
from audioml_vggish.checkpoints.pickled import unpickled

FILES = ["v1.ckpt", "state_zip.pth", "state_legacy.pth", "pca_zip.pth", "pca_legacy.pth"]


def saved(path, data):
    """Write a pickle as torch does, its storage four numbers."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
        file.writestr("archive/data/0", np.arange(4, dtype="f4").tobytes())
    return path


def told(path):
    with pytest.raises(IntegrityError, match="is not a whole file of torch.save") as caught:
        torch.read(path)
    return str(caught.value)


class Calls:
    """Pickles to a call of whatever it is given."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_what_a_pickle_calls_is_not_called(tmp_path, protocol):
    mark = tmp_path / "called"
    data = pickle.dumps({"x": Calls(mark.touch)}, protocol)
    sentence = told(saved(tmp_path / "x.pth", data))
    assert not mark.exists()
    assert "\n" not in sentence


@pytest.mark.parametrize("function", [eval, print, getattr, np.load, io.open])
def test_no_function_that_is_not_on_the_list(tmp_path, function):
    data = pickle.dumps({"x": Calls(function, "1+1")}, 2)
    assert "it wants to call" in told(saved(tmp_path / "x.pth", data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02.",
        b"\x80\x02}X\x01\x00\x00\x00a(t.",  # a tuple of nothing is no dictionary
        b"\x80\x02}X\x01\x00\x00\x00as.",  # a key and no value
        b"\x80\x02}(X\x01\x00\x00\x00au.",  # the same with a mark
        b"\x80\x02}" + b"(" * 9 + b"u.",
        b"\x80\x02h\x07.",  # what was never kept
        b"\x80\x02]K\x01R.",  # a call of a list
        b"\x80\x02ctorch\nFloatStorage\n)R.",  # a call of what is no function
        b"\x80\x02X\xff\xff\xff\x7fabc.",  # a text of two gigabytes
        b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",  # a number of two gigabytes
        b"\x80\x02" + b"N" * 200_000 + b".",
        b"\x80\x02" + b")" * 5000 + b"\x85" * 100_000 + b"}N\x86s.",
        b"(lp0\ng0\na.",  # a list that holds itself
        b"\x80\x02" + b")" + b"\x85" * 120_000 + b"q\x00}h\x00h\x00s.",  # a key nested deeply
        b"\x80\x02K\x07Q.",  # a storage that is a number
        b"\x80\x02\x8cccos\nsystem\n.",
    ],
)
def test_pickles_that_are_damaged(tmp_path, data):
    told(saved(tmp_path / "x.pth", data))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (5,), (1,)),
        (1, (4,), (1,)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (-1,), (1,)),
        (0, (10**12, 10**12), (0, 0)),
        (0, (2, 2), (1,)),
        (0, (2,), (10**30,)),
        (0, ("a",), (1,)),
        (0, 3, 1),
    ],
)
def test_tensors_outside_of_their_storage(tmp_path, offset, shape, strides):
    told(view(tmp_path / "x.pth", offset, shape, strides))


def test_tensors_inside_of_their_storage(tmp_path):
    path = view(tmp_path / "x.pth", 1, (2,), (2,))
    assert torch.read(path)["x"].tolist() == [1.0, 3.0]


def view(path, offset, shape, strides):
    """Write a tensor that looks at four numbers."""

    def words(value):
        return pickle.dumps(value, 2)[2:-1]

    storage = b"(" + words("storage") + b"ctorch\nFloatStorage\n" + words("0") + words("cpu")
    storage += words(4) + b"tQ"
    numbers = words(offset) + words(shape) + words(strides)
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + numbers + b"\x89}tR"
    return saved(path, b"\x80\x02}" + words("x") + call + b"s.")


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_cut_short(fixtures, tmp_path, name):
    data = (fixtures / name).read_bytes()
    path = tmp_path / name
    for size in [*range(0, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:size])
        assert not are_vggish([path]) or name.startswith("v1")
        with pytest.raises(AudiomlError) as caught:
            gathered([path])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*FILES, "v2.ckpt.index", "v2.ckpt.data-00000-of-00001"])
def test_files_with_a_byte_changed_are_refused_or_read_in_full(fixtures, tmp_path, name):
    for path in fixtures.glob("v2.*"):
        shutil.copy(path, tmp_path)
    data = bytearray((fixtures / name).read_bytes())
    random = np.random.default_rng(len(data))
    path = tmp_path / name
    for at in random.integers(0, len(data), 150):
        kept = data[at]
        data[at] ^= int(random.integers(1, 256))
        path.write_bytes(data)
        try:
            found = gathered([path])
        except AudiomlError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either will do
        else:
            assert set(found.network) == set(vggish_tiny.arrays())
        data[at] = kept


@pytest.mark.parametrize("name", ["v1.ckpt", "v2.ckpt.data-00000-of-00001"])
def test_a_number_changed_in_a_checkpoint_is_always_noticed(fixtures, tmp_path, name):
    for path in fixtures.glob("v2.*"):
        shutil.copy(path, tmp_path)
    data = bytearray((fixtures / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(IntegrityError, match="checksum"):
        tensorflow.read(tmp_path / name, set(vggish_tiny.arrays()))


def test_an_archive_that_grows_is_not_read(tmp_path):
    path = tmp_path / "x.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", bytes(1 << 26))
    assert "without a pickle of a state dict" in told(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", b"\x80\x02}.")
        file.writestr("a/data/0", bytes(1 << 26))
    assert "overlap" in told(path)


def test_pickled_objects_in_an_npz_are_refused(fixtures, tmp_path):
    path = tmp_path / "pca.npz"
    mark = tmp_path / "called"
    values = np.array([Calls(mark.touch)], object)
    np.savez(path, pca_eigen_vectors=values, pca_means=values)
    with pytest.raises(IntegrityError, match="is not a whole npz file"):
        gathered([fixtures / "v1.ckpt", path])
    assert not mark.exists()


def test_a_pickle_may_be_followed_by_more():
    file = io.BytesIO(pickle.dumps([1, "a"], 2) + b"rest")
    assert unpickled(file, {}, persistent=lambda _: None) == [1, "a"]
    assert file.read() == b"rest"
