import numpy as np
import pytest
import tflite_models as models

from audioml.core.errors import ValidationError
from audioml.core.stages import Backend, Session, TensorSpec
from audioml_tflite.backend import TFLiteBackend


@pytest.fixture
def dense(tmp_path, random):
    """A dense layer of 3 inputs and 2 outputs: a path for a shape, and what it computes."""
    weights = random.normal(size=(2, 3)).astype(np.float32)
    bias = random.normal(size=2).astype(np.float32)

    def write(shape, out):
        return models.dense(tmp_path / "dense.tflite", weights, bias, shape=shape, out=out)

    return write, lambda x: x @ weights.T + bias


def test_it_keeps_the_contracts(dense, load):
    session = load(dense[0]((1, 3), (1, 2)))
    assert isinstance(TFLiteBackend(), Backend)
    assert isinstance(session, Session)
    assert session.concurrent is False
    assert session.runtime.partition(" ")[2]


def test_names_and_shapes_are_those_of_rows(dense, load):
    session = load(dense[0]((1, 3), (1, 2)))
    assert session.inputs == {"serving_default_x": TensorSpec((None, 3), "float32")}
    assert session.outputs == {"StatefulPartitionedCall": TensorSpec((None, 2), "float32")}


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("batch", [1, -1, 4])
def test_rows_are_those_of_numpy_whatever_the_batch(dense, load, random, batch, rows):
    write, expected = dense
    session = load(write((batch, 3), (batch, 2)))
    x = random.normal(size=(rows, 3)).astype(np.float32)
    (y,) = session.run({"serving_default_x": x}).values()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)
    assert session.inputs["serving_default_x"].shape == (None, 3)
    assert session.outputs["StatefulPartitionedCall"].shape == (None, 2)


def test_many_rows_are_converted_in_parts(dense, load, random, monkeypatch):
    monkeypatch.setattr("audioml_tflite.session._BLOCK", 10)
    write, expected = dense
    for batch in (1, 4):
        session = load(write((batch, 3), (batch, 2)))
        x = random.normal(size=(23, 3))
        (y,) = session.run({"x": x}).values()
        np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)


def test_answers_stay_when_the_model_runs_again(dense, load, random):
    session = load(dense[0]((1, 3), (1, 2)))
    (first,) = session.run({"x": np.ones((2, 3), np.float32)}).values()
    kept = first.copy()
    session.run({"x": random.normal(size=(2, 3))})
    np.testing.assert_array_equal(first, kept)


def test_no_rows_give_no_rows(dense, load):
    for batch in (1, 4):
        session = load(dense[0]((batch, 3), (batch, 2)))
        (y,) = session.run({"x": np.zeros((0, 3), np.float32)}).values()
        assert (y.shape, y.dtype) == ((0, 2), np.float32)


@pytest.mark.parametrize(
    "give", [np.asfortranarray, lambda x: x[::-1][::-1], lambda x: x.astype(">f4"), list]
)
def test_any_layout_of_an_array_is_taken(dense, load, random, give):
    write, expected = dense
    x = random.normal(size=(4, 3)).astype(np.float32)
    (y,) = load(write((1, 3), (1, 2))).run({"x": give(x)}).values()
    np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)


def test_an_overlapping_view_is_taken(tmp_path, load, random):
    session = load(models.elementwise(tmp_path / "m.tflite", "RELU", shape=(1, 8, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(random.normal(size=40).astype("f4"), 8)
    (y,) = session.run({"x": windows}).values()
    np.testing.assert_array_equal(y, np.maximum(windows, 0)[..., np.newaxis])


@pytest.mark.parametrize("signature", [True, False])
def test_several_inputs_and_outputs_go_by_name(tmp_path, load, random, signature):
    path = models.sum_and_product(tmp_path / "m.tflite", shape=(1, 2, 3), signature=signature)
    session = load(path)
    left, right = ("left", "right") if signature else ("a", "b")
    total, product = ("sum", "product") if signature else ("Call", "Call:1")
    assert (set(session.inputs), set(session.outputs)) == ({left, right}, {total, product})
    a, b = random.normal(size=(2, 5, 2, 3)).astype(np.float32)
    found = session.run({right: b, left: a})
    np.testing.assert_array_equal(found[total], a + b)
    np.testing.assert_array_equal(found[product], a * b)


def test_names_that_are_missing_or_twice_there_get_their_place(tmp_path, load, random):
    model = models.Model()
    ins = [model.tensor(name, (1, 2)) for name in ("", "x:0", "x")]
    part, out = model.tensor("part", (1, 2)), model.tensor("", (1, 2))
    model.op("ADD", ins[:2], part)
    model.op("MUL", [part, ins[2]], out)
    session = load(model.write(tmp_path / "m.tflite", ins, [out]))
    assert (list(session.inputs), list(session.outputs)) == (["input_0", "x", "x_2"], ["output_0"])
    a, b, c = random.normal(size=(3, 4, 2)).astype(np.float32)
    found = session.run({"x": b, "x_2": c, "input_0": a})
    np.testing.assert_array_equal(found["output_0"], (a + b) * c)


def test_of_two_signatures_none_gives_the_names(tmp_path, load):
    model = models.Model()
    x, y = model.tensor("x:0", (1, 2)), model.tensor("y:0", (1, 2))
    model.op("RELU", [x], y)
    for key in ("one", "two"):
        model.signature({f"{key}_in": x}, {f"{key}_out": y}, key)
    session = load(model.write(tmp_path / "m.tflite", [x], [y]))
    assert (list(session.inputs), list(session.outputs)) == (["x"], ["y"])


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({"left": 1}, "must be fed 'left', 'right', got 'left'"),
        ({"left": 1, "wrong": 1}, "must be fed 'left', 'right', got 'left', 'wrong'"),
        ({"left": 1, "right": 1, "more": 1}, "must be fed 'left', 'right', got"),
        ({}, "must be fed 'left', 'right', got nothing"),
    ],
)
def test_missing_and_unknown_names_are_told(tmp_path, load, feeds, message):
    session = load(models.sum_and_product(tmp_path / "m.tflite", shape=(1, 3)))
    with pytest.raises(ValidationError, match=message):
        session.run({name: np.ones((2, 3), np.float32) for name in feeds})


def test_feeds_have_the_same_number_of_rows(tmp_path, load):
    session = load(models.sum_and_product(tmp_path / "m.tflite", shape=(1, 3)))
    with pytest.raises(ValidationError, match=r"same number of rows .* \(2, 3\).* \(4, 3\)"):
        session.run({"left": np.ones((2, 3)), "right": np.ones((4, 3))})
    with pytest.raises(ValidationError, match="same number of rows"):
        session.run({"left": np.float32(1), "right": np.float32(1)})
