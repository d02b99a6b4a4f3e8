import numpy as np
import pytest
import tflite_models as models

from audioml.core.errors import ValidationError
from audioml_tflite.feeds import fitted
from audioml_tflite.tensors import Tensor


def tensor(*shape, batched=True):
    return Tensor("x", 0, np.dtype("float32"), shape, batched)


@pytest.mark.parametrize(
    ("wanted", "row", "shape"),
    [
        (tensor(1, 64, 51, 1), (64, 51), (1, 64, 51, 1)),
        (tensor(1, 64, 51, 1), (3264,), (1, 64, 51, 1)),
        (tensor(1, 64, 51, 1), (64, 51, 1), (1, 64, 51, 1)),
        (tensor(None, None, 8), (5, 8), (1, 5, 8)),
        (tensor(1, None, 8, 1), (5, 8), (1, 5, 8, 1)),
        (tensor(1, None, 8), (5, 1, 8), (1, 5, 8)),
        (tensor(1, None, 8), (8,), (1, 1, 8)),
        (tensor(1, None, None), (3, 4), (1, 3, 4)),
        (tensor(4, None, 8), (5, 8), (4, 5, 8)),
        (tensor(None, batched=False), (16000,), (16000,)),
        (tensor(None, batched=False), (1, 16000), (16000,)),
        (tensor(15600, batched=False), (15600,), (15600,)),
        (tensor(batched=False), (), ()),
        (tensor(batched=False), (1,), ()),
        (tensor(1, batched=False), (), (1,)),
        (tensor(2, 3, batched=False), (6,), (2, 3)),
    ],
)
def test_a_row_that_fits_is_reshaped(wanted, row, shape):
    assert fitted(wanted, row) == shape


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        (tensor(1, 64, 51, 1), (64, 50)),
        (tensor(1, None, 8), (5, 7)),
        (tensor(1, None, 8), (16,)),
        (tensor(1, None, 8), (2, 16)),
        (tensor(1, None, 8), (0, 8)),
        (tensor(1, None, None), (12,)),
        (tensor(None, batched=False), (2, 16000)),
        (tensor(None, batched=False), (0,)),
    ],
)
def test_a_row_that_does_not_fit_is_refused(wanted, row):
    with pytest.raises(ValidationError, match=r"a row of 'x' must have shape \(.*\), got \("):
        fitted(wanted, row)


def test_both_shapes_are_told(tmp_path, load):
    session = load(models.small_conv(tmp_path / "m.tflite"))
    with pytest.raises(
        ValidationError, match=r"row of 'features' must have shape \(64, 51, 1\), got \(64, 50\)"
    ):
        session.run({"features": np.zeros((3, 64, 50), np.float32)})


def test_a_convolution_takes_rows_without_channel(tmp_path, load, random):
    session = load(models.small_conv(tmp_path / "m.tflite"))
    x = random.normal(size=(5, 64, 51)).astype(np.float32)
    (y,) = session.run({"features": x}).values()
    (z,) = session.run({"features": x[..., np.newaxis]}).values()
    assert y.shape == (5, 8)
    assert len(np.unique(y, axis=0)) > 1
    np.testing.assert_array_equal(y, z)
    np.testing.assert_allclose(y.sum(axis=1), 1, atol=0.02)


def test_a_convolution_is_that_of_numpy(tmp_path, load, random):
    weights = random.normal(size=(4, 3, 3, 2)).astype(np.float32)
    bias = random.normal(size=4).astype(np.float32)
    model = models.Model()
    x, y = model.tensor("x", (1, 8, 7, 2)), model.tensor("y", (1, 6, 5, 4))
    w, b = model.constant("w", weights), model.constant("b", bias)
    model.op("CONV_2D", [x, w, b], y, padding=1, strideW=1, strideH=1)
    rows = random.normal(size=(3, 8, 7, 2)).astype(np.float32)
    (found,) = load(model.write(tmp_path / "m.tflite", [x], [y])).run({"x": rows}).values()
    windows = np.lib.stride_tricks.sliding_window_view(rows, (3, 3), axis=(1, 2))
    expected = np.einsum("nhwcij,oijc->nhwo", windows, weights) + bias
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("lead", [1, -1])
def test_open_lengths_follow_the_rows(tmp_path, load, random, lead):
    session = load(models.elementwise(tmp_path / "m.tflite", "RELU", shape=(lead, -1, 3)))
    assert session.inputs["x"].shape == (None, None, 3)
    assert session.outputs["y"].shape == (None, None, 3)
    for rows, length in ((2, 5), (3, 5), (1, 1), (4, 9), (2, 5)):
        x = random.normal(size=(rows, length, 3)).astype(np.float32)
        (y,) = session.run({"x": x}).values()
        np.testing.assert_array_equal(y, np.maximum(x, 0))
    assert session.run({"x": np.zeros((0, 5, 3), np.float32)})["y"].shape == (0, 0, 3)


def test_tensors_are_resized_only_when_the_shape_changes(tmp_path, load, monkeypatch):
    session = load(models.elementwise(tmp_path / "m.tflite", "RELU", shape=(-1, -1)))
    sizes, resize = [], session._interpreter.resize_tensor_input
    monkeypatch.setattr(
        session._interpreter,
        "resize_tensor_input",
        lambda index, size, **more: (sizes.append(size), resize(index, size, **more)),
    )
    for rows, length in ((1, 4), (7, 4), (1, 4), (2, 5)):
        session.run({"x": np.zeros((rows, length), np.float32)})
    assert sizes == [(1, 4), (1, 5)]


def test_a_bare_waveform_is_a_row(tmp_path, load, random):
    session = load(models.elementwise(tmp_path / "m.tflite", "RELU", shape=(-1,)))
    assert session.inputs["x"].shape == session.outputs["y"].shape == (None, None)
    for length in (10, 7):
        x = random.normal(size=(3, length)).astype(np.float32)
        np.testing.assert_array_equal(session.run({"x": x})["y"], np.maximum(x, 0))


@pytest.mark.parametrize(
    ("shape", "out", "spec"),
    [((8,), (8,), (8,)), ((1, 8), (8,), (8,)), ((8,), (1, 8), (8,)), ((1, 2, 4), (8, 1), (8, 1))],
)
def test_outputs_have_the_row_in_front(tmp_path, load, random, shape, out, spec):
    model = models.Model()
    x, y = model.tensor("x", shape), model.tensor("y", out)
    model.op("RESHAPE", [x, model.constant("to", np.asarray(out, np.int32))], y)
    session = load(model.write(tmp_path / "m.tflite", [x], [y]))
    assert session.outputs["y"].shape == (None, *spec)
    rows = random.normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_array_equal(session.run({"x": rows})["y"], rows.reshape(5, *spec))


def test_a_number_for_each_row(tmp_path, load, random):
    model = models.Model()
    x, y = model.tensor("x", (4,)), model.tensor("y", ())
    model.op("MEAN", [x, model.constant("axis", np.zeros(1, np.int32))], y, keepDims=False)
    session = load(model.write(tmp_path / "m.tflite", [x], [y]))
    rows = random.normal(size=(6, 4)).astype(np.float32)
    found = session.run({"x": rows})["y"]
    assert session.outputs["y"].shape == (None,)
    np.testing.assert_allclose(found, rows.mean(axis=1), rtol=1e-5, atol=1e-6)


def test_outputs_whose_shape_hangs_on_the_values(tmp_path, load):
    model = models.Model()
    x, y = model.tensor("x", (4,), "bool"), model.tensor("y", (-1, 1), "int64")
    session = load(model.write(tmp_path / "m.tflite", [x], [model.op("WHERE", [x], y)]))
    same = np.array([[True, False, True, False], [False, False, True, True]])
    np.testing.assert_array_equal(session.run({"x": same})["y"], [[[0], [2]], [[2], [3]]])
    with pytest.raises(ValidationError, match=r"outputs of one shape, got \(2, 1\) and \(1, 1\)"):
        session.run({"x": same & [True, True, True, False]})


def test_what_the_model_cannot_do_is_told_and_forgotten(tmp_path, load):
    session = load(models.sum_and_product(tmp_path / "m.tflite", shape=(1, -1)))
    feeds = {n: np.ones((2, 3), np.float32) for n in ("left", "right")}
    with pytest.raises(ValidationError, match=r"m\.tflite cannot be run on .* \(1, 3\), \(1, 4\)"):
        session.run(feeds | {"right": np.ones((2, 4), np.float32)})
    for _ in range(2):
        np.testing.assert_array_equal(session.run(feeds)["sum"], np.full((2, 3), 2))
