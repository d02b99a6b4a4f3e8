from fractions import Fraction

import numpy as np
import pytest
import tflite_models as models
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.errors import ValidationError
from audioml_tflite.quantise import dequantised, quantised

DTYPES = ["int8", "uint8", "int16"]
SCALES = st.floats(2**-12, 2**6, width=32)


def nearest(value, scale, zero_point, dtype):
    """The nearest step in exact arithmetic, ties outwards, clamped."""
    steps = Fraction(float(np.float32(value) / np.float32(scale)))
    whole = int(abs(steps) + Fraction(1, 2)) * (1 if steps >= 0 else -1)
    limits = np.iinfo(dtype)
    return min(max(whole + zero_point, limits.min), limits.max)


@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1),
    scale=SCALES,
    share=st.floats(0, 1),
    dtype=st.sampled_from(DTYPES),
)
def test_the_nearest_step_is_taken(values, scale, share, dtype):
    limits = np.iinfo(dtype)
    zero = int(limits.min + share * (limits.max - limits.min))
    found = quantised(np.array(values, np.float32), scale=scale, zero_point=zero, dtype=dtype)
    assert found.dtype == dtype
    assert found.tolist() == [nearest(v, scale, zero, dtype) for v in values]


@given(dtype=st.sampled_from(DTYPES), scale=SCALES, data=st.data())
def test_what_is_stored_comes_back(dtype, scale, data):
    limits = np.iinfo(dtype)
    whole = st.integers(limits.min, limits.max)
    zero, values = data.draw(whole), data.draw(st.lists(whole, min_size=1))
    real = dequantised(np.array(values, dtype), scale=scale, zero_point=zero)
    assert real.dtype == np.float32
    again = quantised(real, scale=scale, zero_point=zero, dtype=dtype)
    assert again.tolist() == values


@given(st.lists(st.floats(-6, 6, width=32), min_size=1), st.integers(-20, 20))
def test_a_round_trip_errs_by_half_a_step(values, zero):
    x = np.array(values, np.float32)
    found = quantised(x, scale=0.0625, zero_point=zero, dtype="int8")
    inside = (found > -128) & (found < 127)
    error = np.abs(dequantised(found, scale=0.0625, zero_point=zero) - x)
    assert (error[inside] <= 0.03125).all()


def test_ties_go_outwards_and_near_ties_do_not():
    x = np.array([0.5, -0.5, 1.5, -2.5, 0.49999997, -0.49999997, np.inf, -np.inf], np.float32)
    found = quantised(x, scale=1, zero_point=0, dtype="int8")
    assert found.tolist() == [1, -1, 2, -3, 0, 0, 127, -128]


@pytest.mark.parametrize(
    ("dtype", "scale", "zero"), [("int8", 0.1, -3), ("uint8", 0.05, 128), ("int16", 0.001, 0)]
)
def test_quantised_models_take_and_give_real_numbers(tmp_path, load, random, dtype, scale, zero):
    path = tmp_path / "m.tflite"
    session = load(models.requantise(path, dtype, scale=scale, zero_point=zero, shape=(1, 4)))
    assert {s.dtype for s in (session.inputs["x"], session.outputs["y"])} == {"float32"}
    x = random.uniform(-3, 3, (6, 4))
    y = session.run({"x": x})["y"]
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, x, atol=scale * 0.51)
    clamped = session.run({"x": np.full((1, 4), 1e9)})["y"]
    np.testing.assert_allclose(clamped, (np.iinfo(dtype).max - zero) * scale, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_quantisation_is_that_of_the_runtime(tmp_path, load, random, dtype):
    scale, zero = 0.037, 5
    inner = {"shape": (1, 500), "dtype": dtype, "scale": scale, "zero_point": zero}
    outer = {"shape": (1, 500), "dtype": "float32"}
    x = random.normal(size=(8, 500)).astype(np.float32) * 2
    there = load(models.convert(tmp_path / "q.tflite", "QUANTIZE", outer, inner))
    back = load(models.convert(tmp_path / "d.tflite", "DEQUANTIZE", inner, outer))
    theirs, ours = there.run({"x": x})["y"], back.run({"x": x})["y"]
    # XNNPACK multiplies by the reciprocal and rounds ties to even: a step apart in a tie at most
    np.testing.assert_allclose(theirs, ours, atol=scale * 1.01)
    assert (theirs == ours).mean() > 0.999


@pytest.mark.parametrize(("dtype", "scale", "zero"), [("int8", 0.037, 5), ("uint8", 0.5, 100)])
def test_quantisation_is_that_of_the_reference_kernel(tmp_path, random, dtype, scale, zero):
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not installed")
    x = np.concatenate([random.normal(size=900) * 4, np.arange(-50, 50) * scale / 2])
    inner = {"shape": (1, 1000), "dtype": dtype, "scale": scale, "zero_point": zero}
    outer = {"shape": (1, 1000), "dtype": "float32"}
    path = models.convert(tmp_path / "q.tflite", "QUANTIZE", outer, inner)
    plain = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(str(path), experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, x.astype(np.float32)[np.newaxis])
    interpreter.invoke()
    ours = quantised(x, scale=scale, zero_point=zero, dtype=dtype)
    np.testing.assert_array_equal(interpreter.get_tensor(1)[0], ours)


def test_integers_of_the_models_own_type_are_quantised_already(tmp_path, load):
    path = models.requantise(tmp_path / "m.tflite", "int8", scale=0.5, zero_point=1, shape=(1, 4))
    session = load(path)
    stored = np.array([[-128, 0, 1, 127]], np.int8)
    np.testing.assert_array_equal(session.run({"x": stored})["y"], [[-64.5, -0.5, 0, 63]])
    with pytest.raises(ValidationError, match="floating point, or int8 .* got int16"):
        session.run({"x": stored.astype(np.int16)})


def test_nothing_stands_for_nan_in_a_quantised_model(tmp_path, load):
    path = models.requantise(tmp_path / "m.tflite", "int8", scale=0.5, zero_point=1, shape=(1, 2))
    with pytest.raises(ValidationError, match="'x' is quantised and cannot hold NaN"):
        load(path).run({"x": np.array([[1, np.nan]])})


def test_a_quantised_dense_layer_is_near_the_real_one(tmp_path, load, random):
    weights = random.integers(-127, 128, (3, 16)).astype(np.int8)
    model = models.Model()
    x = model.tensor("x", (1, 16), "int8", scale=0.02, zero_point=3)
    w = model.constant("w", weights, scale=0.01)
    b = model.constant("b", np.array([10, -20, 30], np.int32), scale=0.02 * 0.01)
    y = model.tensor("y", (1, 3), "int8", scale=0.1, zero_point=-5)
    model.op("FULLY_CONNECTED", [x, w, b], y)
    session = load(model.write(tmp_path / "m.tflite", [x], [y]))
    rows = random.uniform(-2, 2, (20, 16)).astype(np.float32)
    real = np.round(rows / 0.02) * 0.02 @ (weights * 0.01).T + np.array([10, -20, 30]) * 0.0002
    expected = np.clip(real, (-128 + 5) * 0.1, (127 + 5) * 0.1)
    np.testing.assert_allclose(session.run({"x": rows})["y"], expected, atol=0.0501 + 1e-3)


def test_the_same_network_takes_its_input_quantised_or_not(tmp_path, load, random):
    x = random.normal(size=(9, 64, 51)).astype(np.float32)
    real = load(models.small_conv(tmp_path / "f.tflite"))
    whole = load(models.small_conv(tmp_path / "q.tflite", quantised_io=True))
    assert 33_000 < (tmp_path / "f.tflite").stat().st_size < 39_000
    (a,), (b,) = (session.run({"x": x}).values() for session in (real, whole))
    np.testing.assert_allclose(a, b, atol=2 / 256)  # ties, see above


CASTS = [
    ("int32", [[1, -2, 3]], "int32"),
    ("int32", [[1, -2, 3]], "int8"),
    ("int32", [[1.0, -2.0, 3.0]], "float64"),
    ("int64", [[1, 2, 2**40]], "int64"),
    ("int64", [[1, 2, 3]], "uint16"),
    ("bool", [[True, False, True]], "bool"),
    ("bool", [[1, 0, 1]], "int64"),
    ("float16", [[0.5, 1.5, np.inf]], "float32"),
    ("float32", [[0.5, np.nan, np.inf]], "float64"),
    ("float32", [[1, 2, 3]], "int16"),
    ("int8", [[1, -2, 3]], "int64"),
]


def cast_model(path, dtype):
    ins = {"shape": (1, 3), "dtype": dtype}
    return models.convert(path, "CAST", ins, {"shape": (1, 3), "dtype": "float32"})


@pytest.mark.parametrize(("dtype", "values", "given_as"), CASTS)
def test_what_an_input_can_hold_is_converted(tmp_path, load, dtype, values, given_as):
    session = load(cast_model(tmp_path / "m.tflite", dtype))
    assert session.inputs["x"].dtype == dtype
    x = np.array(values, given_as)
    np.testing.assert_array_equal(session.run({"x": x})["y"], x.astype(np.float32))


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int32", [[1.5, 2, 3]]),
        ("int32", [[np.nan, 2, 3]]),
        ("int32", [[2**40, 2, 3]]),
        ("bool", [[2, 0, 1]]),
        ("float16", [[1e6, 0, 1]]),
        ("float32", [[1e200, 0, 1]]),
    ],
)
def test_what_an_input_cannot_hold_is_refused(tmp_path, load, dtype, values):
    session = load(cast_model(tmp_path / "m.tflite", dtype))
    with pytest.raises(ValidationError, match=f"'x' must be fed {dtype}, got .* such as"):
        session.run({"x": np.array(values)})


@pytest.mark.parametrize("values", [[["a", "b", "c"]], [[1j, 2, 3]], [[None, 1, 2]]])
def test_what_is_no_number_is_refused(tmp_path, load, values):
    session = load(cast_model(tmp_path / "m.tflite", "float32"))
    with pytest.raises(ValidationError, match="'x' must be fed numbers, got"):
        session.run({"x": np.array(values)})


def test_strings_are_refused(tmp_path, load):
    model = models.Model()
    x, y = model.tensor("words", (1, 2), "str"), model.tensor("y", (1, 2), "str")
    to = model.constant("to", np.array([1, 2], np.int32))
    path = model.write(tmp_path / "m.tflite", [x], [model.op("RESHAPE", [x, to], y)])
    with pytest.raises(ValidationError, match="'words' must be a tensor of numbers, got one of"):
        load(path)


def test_a_scale_for_each_channel_is_refused(tmp_path, load):
    model = models.Model()
    more = {"scale": [0.1, 0.2], "axis": 1}
    x, y = model.tensor("x", (1, 2), "int8", **more), model.tensor("y", (1, 2), "int8", **more)
    to = model.constant("to", np.array([1, 2], np.int32))
    path = model.write(tmp_path / "m.tflite", [x], [model.op("RESHAPE", [x, to], y)])
    with pytest.raises(ValidationError, match="'x' must have one scale, got 2"):
        load(path)


def test_a_model_without_inputs_is_refused(tmp_path, load):
    model = models.Model()
    part = model.constant("x", np.ones((1, 2), np.float32))
    y = model.op("RELU", [part], model.tensor("y", (1, 2)))
    with pytest.raises(ValidationError, match="without inputs has no rows"):
        load(model.write(tmp_path / "m.tflite", [], [y]))
