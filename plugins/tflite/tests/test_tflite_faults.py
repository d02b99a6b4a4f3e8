import sys
import types

import numpy as np
import pytest
import tflite_models as models

from audioml.core.errors import (
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    UsageError,
    ValidationError,
)
from audioml_tflite.backend import TFLiteBackend
from audioml_tflite.flatbuffer import check_model

PACKAGES = ("ai_edge_litert", "tflite_runtime", "tensorflow")


@pytest.fixture
def path(tmp_path):
    return models.elementwise(tmp_path / "m.tflite", "RELU", shape=(1, 3))


@pytest.fixture
def bare(monkeypatch):
    """No runtime is installed; the function makes one of a class."""
    for package in PACKAGES:
        for name in [n for n in sys.modules if n.partition(".")[0] == package]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)

    def install(package, interpreter, version="9.9"):
        top, module = types.ModuleType(package), types.ModuleType(f"{package}.interpreter")
        top.__version__, module.Interpreter = version, interpreter
        top.__path__, top.lite = [], module
        monkeypatch.setitem(sys.modules, package, top)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return install


def failing(error):
    class Interpreter:
        def __init__(self, **_):
            raise error

    return Interpreter


def test_without_a_runtime_the_command_that_installs_one_is_told(path, bare):
    with pytest.raises(MissingDependencyError) as told:
        TFLiteBackend().load(path)
    assert str(told.value) == (
        "no TFLite runtime works here: litert is not installed; tflite-runtime is not installed; "
        "run: pip install ai-edge-litert"
    )


@pytest.mark.parametrize(
    ("runtime", "pip"),
    [
        ("litert", "ai-edge-litert"),
        ("tflite-runtime", "'tflite-runtime==2.14.0' 'numpy<2'"),
        ("tensorflow", "tensorflow"),
    ],
)
def test_a_runtime_that_is_asked_for_and_missing(path, bare, monkeypatch, runtime, pip):
    with pytest.raises(MissingDependencyError, match=f"{runtime} is not installed; .* {pip}$"):
        TFLiteBackend(runtime).load(path)
    monkeypatch.setenv("AUDIOML_TFLITE_RUNTIME", runtime)
    with pytest.raises(MissingDependencyError, match=f"{runtime} is not installed; .* {pip}$"):
        TFLiteBackend().load(path)


def test_the_argument_counts_more_than_the_environment(path, bare, monkeypatch):
    monkeypatch.setenv("AUDIOML_TFLITE_RUNTIME", "tensorflow")
    with pytest.raises(MissingDependencyError, match="litert is not installed"):
        TFLiteBackend("litert").load(path)


def test_an_unknown_runtime_is_told_with_the_known_ones(path, monkeypatch):
    with pytest.raises(UsageError, match="'tf'; choose one of litert, tflite-runtime, tensorflow"):
        TFLiteBackend("tf").load(path)
    monkeypatch.setenv("AUDIOML_TFLITE_RUNTIME", "tf")
    with pytest.raises(UsageError, match="'tf' in AUDIOML_TFLITE_RUNTIME; choose"):
        TFLiteBackend().load(path)


def test_a_runtime_built_for_numpy_1_says_what_it_needs(path, bare, capfd):
    error = SystemError("returned a result with an exception set")
    bare("tflite_runtime", failing(error), "2.14.0")
    with pytest.raises(MissingDependencyError) as told:
        TFLiteBackend().load(path)
    assert f"tflite-runtime 2.14.0 needs numpy<2, and {np.__version__} is" in str(told.value)
    assert str(told.value).endswith("run: pip install ai-edge-litert")


def test_a_runtime_that_cannot_be_imported_says_why(path, bare, tmp_path, monkeypatch):
    package = tmp_path / "ai_edge_litert"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '2.1'")
    (package / "interpreter.py").write_text("import not_there_at_all")
    monkeypatch.delitem(sys.modules, "ai_edge_litert")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"litert 2\.1 cannot be imported: No module"):
        TFLiteBackend("litert").load(path)
    (package / "interpreter.py").write_text("raise ImportError('GLIBC_2.34 not found')")
    with pytest.raises(MissingDependencyError, match=r"litert 2\.1 cannot .*: GLIBC_2\.34 not"):
        TFLiteBackend("litert").load(path)


def test_every_runtime_that_refuses_says_why(path, bare):
    bare("ai_edge_litert", failing(RuntimeError("unknown\nop")), "2.3.0")
    bare("tflite_runtime", failing(ValueError("too new")), "2.14.0")
    bare("tensorflow", failing(AssertionError("nobody asked for it")))
    with pytest.raises(IntegrityError) as told:
        TFLiteBackend().load(path)
    assert str(told.value) == (
        f"{path} is refused by litert 2.3.0: unknown op; by tflite-runtime 2.14.0: too new"
    )


class Taking:
    """The least that a session asks of an interpreter."""

    def __init__(self, *, model_path, num_threads):
        self.threads = num_threads

    def allocate_tensors(self):
        pass

    set_tensor = get_tensor = invoke = allocate_tensors

    def get_signature_list(self):
        return {}

    def get_input_details(self):
        shape = np.array([1, 3], np.int32)
        quantisation = {"scales": np.zeros(0), "zero_points": np.zeros(0)}
        return [
            {
                "name": "x",
                "index": 0,
                "dtype": np.float32,
                "shape": shape,
                "shape_signature": shape,
                "quantization_parameters": quantisation,
            }
        ]

    get_output_details = get_input_details


def test_what_one_runtime_refuses_goes_to_the_next(path, bare):
    bare("ai_edge_litert", failing(RuntimeError("unknown op")))
    bare("tflite_runtime", Taking, "2.14.0")
    assert TFLiteBackend().load(path).runtime == "tflite-runtime 2.14.0"


def test_tensorflow_is_taken_when_asked_for(path, bare):
    bare("ai_edge_litert", Taking, "2.3.0")
    bare("tensorflow", Taking, "2.21.0")
    assert TFLiteBackend().load(path).runtime == "litert 2.3.0"
    assert TFLiteBackend("tensorflow").load(path).runtime == "tensorflow 2.21.0"


def test_one_thread_unless_more_are_asked_for(path, bare):
    bare("ai_edge_litert", Taking)
    backend = TFLiteBackend()
    assert backend.load(path)._interpreter.threads == 1
    assert backend.load(path, threads=3)._interpreter.threads == 3


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_makes_no_sense(path, load, threads):
    with pytest.raises(UsageError, match="'threads' must be a whole number above 0, got"):
        load(path, threads=threads)


def test_another_device_than_the_cpu(path, load):
    with pytest.raises(UsageError, match="runs on 'cpu' only, got 'cuda'"):
        load(path, device="cuda")


def test_a_file_that_is_not_there_or_not_a_file(tmp_path, load):
    for path in (tmp_path / "none.tflite", tmp_path):
        with pytest.raises(NotFoundError, match=f"cannot read {path}: "):
            load(path)


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x14\0\0\0ONNX", bytes(range(256)) * 9])
def test_a_file_that_is_no_model(tmp_path, load, data):
    path = tmp_path / "m.tflite"
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=f"{path} is not a TFLite model: wanted 'TFL3'"):
        load(path)


def test_a_file_that_ends_early_is_never_given_to_a_runtime(path, load):
    data = path.read_bytes()
    for end in range(8, len(data), 4):
        path.write_bytes(data[:end])
        with pytest.raises(IntegrityError, match="not a whole TFLite model"):
            load(path)


def test_a_file_that_lost_its_weights_is_not_whole(tmp_path):
    path = models.small_conv(tmp_path / "m.tflite")
    check_model(path)
    data = path.read_bytes()
    for end in range(1000, len(data) - 3, 997):
        path.write_bytes(data[:end])
        with pytest.raises(IntegrityError, match="damaged or ends too early"):
            check_model(path)


def test_a_damaged_file_is_an_expected_failure(tmp_path, random):
    path = tmp_path / "m.tflite"
    whole = models.small_conv(path).read_bytes()
    refused = 0
    for _ in range(200):
        data = bytearray(whole)
        for place in random.integers(8, len(data), 40):
            data[place] = random.integers(256)
        path.write_bytes(data)
        try:
            check_model(path)
        except IntegrityError:
            refused += 1
    assert refused


def test_a_model_that_no_runtime_takes(tmp_path, load):
    model = models.Model()
    x, y = model.tensor("x", (1, 3)), model.tensor("y", (1, 3))
    model.op("CUSTOM", [x], y, custom="NobodyKnowsThis")
    path = model.write(tmp_path / "m.tflite", [x], [y])
    with pytest.raises(IntegrityError, match=rf"{path} is refused by .* \d.*NobodyKnowsThis"):
        load(path)


def test_a_name_that_is_not_text(tmp_path, load):
    name = b"mod\xff\xe8le.tflite".decode(errors="surrogateescape")
    try:
        path = models.elementwise(tmp_path / name, "RELU", shape=(1, 3))
    except (OSError, UnicodeError):
        pytest.skip("the disk takes no such name")
    assert load(path).run({"x": np.ones((1, 3))})["y"].tolist() == [[1, 1, 1]]


def test_a_tensors_name_that_is_not_text(path, load):
    path.write_bytes(path.read_bytes().replace(b"\x01\0\0\0x", b"\x01\0\0\0\xf8"))
    with pytest.raises(ValidationError, match=r"m\.tflite cannot be run: .*utf-8"):
        load(path)


def test_a_model_for_which_there_is_no_memory(path, bare):
    bare("ai_edge_litert", failing(MemoryError("std::bad_alloc")), "2.3.0")
    with pytest.raises(IntegrityError, match=r"is refused by litert 2\.3\.0: std::bad_alloc"):
        TFLiteBackend().load(path)
