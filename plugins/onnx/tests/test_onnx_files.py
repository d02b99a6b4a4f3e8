import numpy as np
import onnx_models as models
import pytest
from onnx_models import onnx

from audioml.core.errors import IntegrityError, NotFoundError
from audioml_onnx.modelfile import check_model

KERNEL = np.arange(600, dtype=np.float32).reshape(3, 200)
BIAS = np.zeros(200, np.float32)


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "weights.bin").write_bytes(KERNEL.tobytes())
    return folder / "m.onnx"


def test_weights_beside_the_model_are_used(path, load):
    session = load(models.external(path, KERNEL, BIAS))
    x = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(session.run({"x": x})["y"], KERNEL)


def test_weights_in_a_folder_below(path, load):
    models.external(path, KERNEL, BIAS, location="data/kernel")
    (path.parent / "data").mkdir()
    (path.parent / "weights.bin").rename(path.parent / "data" / "kernel")
    assert load(path).run({"x": np.zeros((2, 3))})["y"].shape == (2, 200)


@pytest.mark.parametrize(
    "location",
    [
        *("../weights.bin", "/etc/passwd", "a/../../weights.bin", "", "C:\\weights.bin"),
        *("..\\weights.bin", "*/_ORT_MEM_ADDR_/*"),
    ],
)
def test_weights_elsewhere_are_refused(path, load, location):
    models.external(path, KERNEL, BIAS, location=location)
    with pytest.raises(IntegrityError, match="wanted a file in the folder of the model"):
        load(path)


def test_a_link_out_of_the_folder_is_refused(path, load):
    models.external(path, KERNEL, BIAS)
    (path.parent / "weights.bin").unlink()
    (path.parent / "weights.bin").symlink_to(path.parents[1] / "weights.bin")
    with pytest.raises(IntegrityError, match="wanted a file in the folder of the model"):
        load(path)


def test_a_tensor_deep_inside_is_found(path):
    """An attribute of a node of a branch of a node."""
    models.external(path, KERNEL, BIAS, location="../weights.bin")
    made = onnx.load(path, load_external_data=False)
    tensor = made.graph.initializer.pop(0)
    constant = models.node("Constant", [], ["k"], value=tensor)
    branch = models.model([constant], [], [("k", (3, 200))]).graph
    made.graph.node.append(models.node("If", ["c"], ["z"], then_branch=branch, else_branch=branch))
    onnx.save(made, path)
    with pytest.raises(IntegrityError, match="wanted a file in the folder of the model"):
        check_model(path)


def test_weights_that_are_not_there(path, load):
    models.external(path, KERNEL, BIAS)
    (path.parent / "weights.bin").unlink()
    with pytest.raises(NotFoundError, match="'weights.bin', which is not beside it"):
        load(path)


def test_weights_that_end_early(path, load):
    models.external(path, KERNEL, BIAS)
    (path.parent / "weights.bin").write_bytes(b"1234")
    with pytest.raises(IntegrityError, match="is refused by onnxruntime"):
        load(path)


def test_a_file_that_is_not_there_or_not_a_file(tmp_path, load):
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(NotFoundError, match=f"cannot read {path}: "):
            load(path)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b"\x08\x08", "wanted one that has a graph"),
        (b"TFL3 and more", "not a whole ONNX model"),
        (b"\x80" * 40, "not a whole ONNX model"),
        (b"\x3a\xff\xff\xff\xff\x0f", "not a whole ONNX model"),
        (bytes(range(256)), "not a whole ONNX model"),
        (b"\x3a\x00", "is refused by onnxruntime"),
    ],
)
def test_a_file_that_is_no_model(path, load, data, told):
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=told):
        load(path)


def test_a_file_that_ends_early_is_refused(path, load):
    data = models.dense(path, KERNEL, BIAS).read_bytes()
    for end in range(0, len(data), 101):
        path.write_bytes(data[:end])
        with pytest.raises(IntegrityError):
            load(path)


def test_a_damaged_file_is_an_expected_failure_or_a_model(path, load, random):
    data = models.sum_and_product(path).read_bytes()
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 4):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            load(path, threads=1)
        except (IntegrityError, NotFoundError, ImportError, ValueError):
            refused += 1
    assert refused > 100


def test_graphs_within_graphs_without_end(path):
    inner = b""
    for _ in range(300):  # a node of an attribute of a graph
        for tag in (0x32, 0x2A, 0x0A):
            size = len(inner)
            inner = bytes([tag, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + inner
    size = len(inner)
    path.write_bytes(bytes([0x3A, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + inner)
    with pytest.raises(IntegrityError, match="not a whole ONNX model"):
        check_model(path)


def test_a_name_that_is_not_text(tmp_path, load):
    name = b"mod\xff\xe8le.onnx".decode(errors="surrogateescape")
    try:
        path = models.relu(tmp_path / "m.onnx").rename(tmp_path / name)
    except (OSError, UnicodeError):
        pytest.skip("the disk takes no such name")
    assert load(path).run({"x": np.ones((1, 3))})["y"].tolist() == [[1, 1, 1]]
