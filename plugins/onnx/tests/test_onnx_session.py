import threading

import numpy as np
import onnx_models as models
import pytest

from audioml.core.errors import ValidationError
from audioml.core.stages import Backend, Session, TensorSpec
from audioml_onnx.backend import OnnxBackend
from audioml_onnx.session import OnnxSession

node = models.node
SHRINKAGE = "memory.enable_memory_arena_shrinkage"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.onnx"


@pytest.fixture
def dense(path, random):
    """A dense layer of 3 inputs and 2 outputs: a path for a batch, and what it computes."""
    kernel = random.normal(size=(3, 2)).astype(np.float32)
    bias = random.normal(size=2).astype(np.float32)
    return lambda batch: models.dense(path, kernel, bias, batch=batch), lambda x: x @ kernel + bias


def test_it_keeps_the_contracts(dense, load):
    session = load(dense[0]("n"))
    assert isinstance(OnnxBackend(), Backend)
    assert isinstance(session, Session)
    assert session.concurrent is True
    assert session.runtime.startswith("onnxruntime ")
    assert session.device == "cpu"


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_names_and_shapes_are_those_of_rows(dense, load, batch):
    session = load(dense[0](batch))
    assert session.inputs == {"x": TensorSpec((None, 3), "float32")}
    assert session.outputs == {"y": TensorSpec((None, 2), "float32")}


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 33, 70])
@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_rows_are_those_of_numpy_whatever_the_batch(dense, load, random, batch, rows, monkeypatch):
    monkeypatch.setattr("audioml_onnx.session._NUMBERS", 1)
    write, expected = dense
    x = random.normal(size=(rows, 3)).astype(np.float32)
    (y,) = load(write(batch)).run({"x": x}).values()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)


class Watched:
    """Notes how onnxruntime is asked to run."""

    def __init__(self, inner):
        self._inner = inner
        self.sizes, self.shrinking = [], []

    def run(self, names, feeds, options):
        self.sizes.append(len(feeds["x"]))
        try:
            self.shrinking.append(options.get_run_config_entry(SHRINKAGE))
        except RuntimeError:  # how it says that nothing was asked for
            self.shrinking.append("")
        return self._inner.run(names, feeds, options)


def watched(session):
    session._inference = Watched(session._inference)
    return session


def test_many_rows_are_run_in_turns_and_small_ones_in_long_turns(dense, load, monkeypatch):
    session = watched(load(dense[0]("n")))
    sizes = session._inference.sizes
    session.run({"x": np.zeros((70, 3))})
    assert sizes == [70]
    monkeypatch.setattr("audioml_onnx.session._NUMBERS", 120)
    session.run({"x": np.zeros((70, 3))})
    assert sizes[1:] == [40, 30]
    monkeypatch.setattr("audioml_onnx.session._NUMBERS", 1)
    session.run({"x": np.zeros((70, 3))})
    assert sizes[3:] == [32, 32, 6]


def test_memory_of_a_huge_run_is_given_back(dense, load, monkeypatch):
    session = watched(load(dense[0]("n")))
    session.run({"x": np.zeros((2, 3))})
    monkeypatch.setattr("audioml_onnx.session._HUGE", 5)
    session.run({"x": np.zeros((2, 3))})
    assert session._inference.shrinking == ["", "cpu:0"]


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_no_rows_give_no_rows(dense, load, batch):
    (y,) = load(dense[0](batch)).run({"x": np.zeros((0, 3), np.float32)}).values()
    assert (y.shape, y.dtype) == ((0, 2), np.float32)


@pytest.mark.parametrize(
    "give", [np.asfortranarray, lambda x: x[::-1][::-1], lambda x: x.astype(">f4"), list]
)
def test_any_layout_of_an_array_is_taken(dense, load, random, give):
    write, expected = dense
    x = random.normal(size=(4, 3)).astype(np.float32)
    (y,) = load(write("n")).run({"x": give(x)}).values()
    np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)


def test_what_is_fed_stays_as_it_is_and_may_be_read_only(dense, load):
    x = np.ones((5, 3), np.float32)
    x.flags.writeable = False
    load(dense[0](4)).run({"x": x})
    assert (x == 1).all()


def test_answers_stay_when_the_model_runs_again(dense, load, random):
    session = load(dense[0]("n"))
    (first,) = session.run({"x": np.ones((2, 3), np.float32)}).values()
    kept = first.copy()
    session.run({"x": random.normal(size=(2, 3))})
    np.testing.assert_array_equal(first, kept)


def test_several_inputs_and_outputs_go_by_name(path, load, random):
    session = load(models.sum_and_product(path))
    a, b = random.normal(size=(2, 5, 2, 3)).astype(np.float32)
    found = session.run({"b": b, "a": a})
    np.testing.assert_array_equal(found["sum"], a + b)
    np.testing.assert_array_equal(found["product"], a * b)
    for feeds in ({"a": a}, {"a": a, "c": b}, {"a": a, "b": b, "c": b}, {}):
        with pytest.raises(ValidationError, match="must be fed 'a', 'b', got"):
            session.run(feeds)
    with pytest.raises(ValidationError, match="the same number of rows on axis 0"):
        session.run({"a": a, "b": b[1:]})


def test_the_only_input_takes_the_only_feed(path, load):
    assert load(models.relu(path)).run({"logmel": -np.ones((2, 3))})["y"].tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 2), (2,), (2, 0), (2, 6)])
def test_a_row_of_another_shape(path, load, shape):
    with pytest.raises(ValidationError, match=r"row of 'x' must have shape \(3,\), got \("):
        load(models.relu(path)).run({"x": np.zeros(shape)})


def test_a_feed_without_rows_to_count(path, load):
    with pytest.raises(ValidationError, match="number of rows on axis 0"):
        load(models.relu(path)).run({"x": np.float32(1)})


@pytest.mark.parametrize("model", [("n", 8, 5, 1), ("n", 1, 8, 5), ("n", 8, "m", 1)])
def test_axes_of_length_1_may_be_missing(path, load, random, model):
    session = load(models.relu(path, model))
    x = random.normal(size=(2, 8, 5)).astype(np.float32)
    (y,) = session.run({"x": x}).values()
    assert y.shape == tuple({"n": 2, "m": 5}.get(n, n) for n in model)
    np.testing.assert_array_equal(y.reshape(x.shape), np.maximum(x, 0))


def test_open_axes_take_any_length(path, load):
    session = load(models.relu(path, ("n", "frames", 3)))
    assert session.inputs["x"].shape == (None, None, 3)
    for frames in (1, 4, 2):
        assert session.run({"x": np.zeros((2, frames, 3))})["y"].shape == (2, frames, 3)
    with pytest.raises(ValidationError, match=r"must have shape \(any, 3\), got \(4, 2\)"):
        session.run({"x": np.zeros((2, 4, 2))})
    assert session.run({"x": np.zeros((0, 4, 3))})["y"].shape == (0, 0, 3)


@pytest.mark.parametrize(("length", "frames"), [("n", None), (6, 3)])
def test_a_bare_waveform_is_one_row(path, load, length, frames):
    """The model gives frames: its first axis is not that of its input."""
    shape = models.weights(shape=np.array([-1, 2]))
    nodes = [node("Reshape", ["x", "shape"], ["y"])]
    models.write(path, nodes, [("x", (length,))], [("y", ("frames", 2))], constants=shape)
    session = load(path)
    assert session.outputs["y"].shape == (None, frames, 2)
    x = np.arange(12).reshape(2, 6)
    np.testing.assert_array_equal(session.run({"x": x})["y"], x.reshape(2, 3, 2))


def test_rows_that_are_given_in_different_lengths_are_told(path, load):
    nodes = [node("NonZero", ["x"], ["y"])]
    models.write(path, nodes, [("x", (3,))], [("y", (1, "n"), models.INT64)])
    with pytest.raises(ValidationError, match="outputs of one shape, got 'y' of shapes"):
        load(path).run({"x": [[1, 1, 0], [1, 0, 0]]})


def test_an_output_of_one_number_a_row(path, load, random):
    nodes = [node("ReduceMax", ["x"], ["y"], axes=[1], keepdims=0)]
    models.write(path, nodes, [("x", ("n", 3))], [("y", ("n",))])
    x = random.normal(size=(40, 3)).astype(np.float32)
    np.testing.assert_array_equal(load(path).run({"x": x})["y"], x.max(axis=1))


def test_an_output_that_is_not_of_rows_makes_rows_run_one_by_one(path, load, random):
    nodes = [node("ReduceSum", ["x"], ["y"], keepdims=0), node("Relu", ["x"], ["z"])]
    models.write(path, nodes, [("x", ("n", 3))], [("y", ()), ("z", ("n", 3))])
    x = random.normal(size=(5, 3)).astype(np.float32)
    found = load(path).run({"x": x})
    np.testing.assert_allclose(found["y"], x.sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(found["z"], np.maximum(x, 0))


def test_a_number_for_each_row_beside_rows(path, load):
    nodes = [node("Unsqueeze", ["gain", "axis"], ["g"]), node("Mul", ["x", "g"], ["y"])]
    models.write(
        path,
        nodes,
        [("x", ("n", 3)), ("gain", ("n",))],
        [("y", ("n", 3))],
        constants=models.weights(axis=np.array([1])),
    )
    found = load(path).run({"x": np.ones((4, 3)), "gain": np.arange(4)})
    assert found["y"][:, 0].tolist() == [0, 1, 2, 3]


def test_an_int8_model_runs_as_it_is(path, load, random):
    kernel = random.normal(size=(16, 8)).astype(np.float32)
    session = load(models.quantised(path, kernel))
    x = random.uniform(-3, 3, size=(7, 16)).astype(np.float32)
    assert session.inputs["x"].dtype == "float32"
    found = session.run({"x": x})["y"]
    assert 0 < np.abs(found - x @ kernel).max() < 0.5


TYPES = ("float32", "float64", "float16", "int8", "uint8", "int16", "int32", "int64", "bool")


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_of_number_goes_through(path, load, dtype):
    from onnx.helper import np_dtype_to_tensor_dtype

    kind = np_dtype_to_tensor_dtype(np.dtype(dtype))
    models.write(path, [node("Identity", ["x"], ["y"])], [("x", ("n", 2), kind)],
                 [("y", ("n", 2), kind)])  # fmt: skip
    session = load(path)
    assert session.inputs["x"].dtype == dtype
    for given in TYPES:
        y = session.run({"x": np.array([[0, 1]], given)})["y"]
        assert (y.dtype, y.tolist()) == (np.dtype(dtype), [[0, 1]])


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("float16", np.array([[1e6]], np.float32)),
        ("float32", np.array([[1e300]])),
        ("int64", np.array([[0.5]])),
        ("uint8", np.array([[-1]])),
        ("float32", np.array([["a"]])),
        ("float32", np.array([[1j]])),
        ("float32", np.array([[None]])),
    ],
)
def test_values_that_an_input_cannot_hold(path, load, dtype, values):
    from onnx.helper import np_dtype_to_tensor_dtype

    kind = np_dtype_to_tensor_dtype(np.dtype(dtype))
    models.write(path, [node("Identity", ["x"], ["y"])], [("x", ("n", 1), kind)],
                 [("y", ("n", 1), kind)])  # fmt: skip
    with pytest.raises(ValidationError, match="'x' must be fed (numbers|.* cannot hold)"):
        load(path).run({"x": values})


def test_what_is_not_finite_goes_through(path, load):
    session = load(models.relu(path))
    found = session.run({"x": np.array([[np.inf, -np.inf, np.nan]])})["y"]
    np.testing.assert_array_equal(found[0, :2], [np.inf, 0])


def test_threads_share_a_session(dense, load, random):
    write, expected = dense
    session = load(write("n"))
    wrong = []

    def use(seed):
        x = np.random.default_rng(seed).normal(size=(seed + 1, 3)).astype(np.float32)
        answers = [session.run({"x": x})["y"] for _ in range(50)]
        wrong.extend(seed for y in answers if not np.allclose(y, expected(x), atol=1e-5))

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_loading_and_running_says_nothing(dense, load, capfd):
    load(dense[0]("n")).run({"x": np.zeros((2, 3))})
    assert capfd.readouterr() == ("", "")


def test_a_session_is_of_a_device(path, load):
    assert isinstance(load(models.relu(path), device="cpu", threads=2), OnnxSession)
