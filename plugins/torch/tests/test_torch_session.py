import json

import numpy as np
import pytest
import torch_models as models

from audioml.core.errors import ValidationError
from audioml.core.stages import Backend, Session, TensorSpec
from audioml_torch.backend import TorchBackend

torch = models.torch


@pytest.fixture
def dense(tmp_path, random):
    """Writes a dense layer of 3 inputs and 2 outputs, and what it computes."""
    kernel = random.normal(size=(3, 2)).astype("f4")
    bias = random.normal(size=2).astype("f4")

    def write(kind="pt2", batch=True, rows=4, heads=False, **options):
        network = models.Dense(torch.tensor(kernel), torch.tensor(bias), heads=heads)
        path, example = tmp_path / f"m.{kind}", torch.zeros(rows, 3)
        if kind == "pt":
            return models.script(path, network, example, **options)
        return models.program(path, network, example, batch=batch, **options)

    return write, lambda x: x @ kernel + bias


def test_it_keeps_the_contracts(dense, load):
    session = load(dense[0]())
    assert isinstance(TorchBackend(), Backend)
    assert isinstance(session, Session)
    assert session.concurrent is True
    assert session.runtime == f"torch {torch.__version__}"
    assert session.device == "cpu"
    assert session.inputs == {"x": TensorSpec((None, 3), "float32")}
    assert list(session.outputs.values()) == [TensorSpec((None, 2), "float32")]


@pytest.mark.parametrize("rows", [1, 4, 5, 70])
@pytest.mark.parametrize(("kind", "batch"), [("pt2", True), ("pt2", False), ("pt", True)])
def test_rows_are_those_of_numpy(dense, load, random, kind, batch, rows, monkeypatch):
    monkeypatch.setattr("audioml_torch.session._NUMBERS", 1)
    write, expected = dense
    x = random.normal(size=(rows, 3)).astype("f4")
    x.flags.writeable = False
    (y,) = load(write(kind, batch)).run({"features": x}).values()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["pt2", "pt"])
def test_no_rows_give_no_rows(dense, load, kind):
    extra = {"audioml.json": described([["x", [None, 3]]], [["y", [None, 2]]])}
    session = load(dense[0](kind, extra=extra))
    assert session.run({"x": np.zeros((0, 3))})["y"].shape == (0, 2)


def described(inputs, outputs):
    entries = [
        [{"name": n, "dtype": "float32", "shape": s} for n, s in each] for each in (inputs, outputs)
    ]
    return json.dumps(dict(zip(("inputs", "outputs"), entries, strict=True)))


def test_outputs_are_named_by_the_keys_that_the_network_returns(dense, load, random):
    session = load(dense[0](heads=True))
    assert session.outputs == {
        "y": TensorSpec((None, 2), "float32"),
        "sum": TensorSpec((None, 1), "float32"),
    }
    x = random.normal(size=(3, 3)).astype("f4")
    found = session.run({"x": x})
    np.testing.assert_allclose(found["sum"][:, 0], found["y"].sum(1), atol=1e-5)


@pytest.mark.parametrize("kind", ["pt2", "pt"])
def test_names_may_be_told_in_the_file(dense, load, kind):
    extra = {"audioml.json": described([["features", [None, 3]]], [["scores", [None, 2]]])}
    session = load(dense[0](kind, extra=extra))
    assert session.inputs == {"features": TensorSpec((None, 3), "float32")}
    assert list(session.outputs) == ["scores"]
    assert session.run({"features": np.zeros((2, 3))})["scores"].shape == (2, 2)


@pytest.mark.parametrize("kind", ["pt2", "pt"])
def test_several_inputs_and_outputs_go_by_name(tmp_path, load, random, kind):
    write = models.program if kind == "pt2" else models.script
    path = write(
        tmp_path / f"m.{kind}", models.Pair(), torch.zeros(2, 3), torch.zeros(2, 3),
        extra={"audioml.json": described([["a", [None, 3]], ["b", [None, 3]]],
                                         [["sum", [None, 3]], ["product", [None, 3]]])},
    )  # fmt: skip
    session = load(path)
    a, b = random.normal(size=(2, 5, 3)).astype("f4")
    found = session.run({"b": b, "a": a})
    np.testing.assert_array_equal(found["sum"], a + b)
    np.testing.assert_array_equal(found["product"], a * b)
    with pytest.raises(ValidationError, match="must be fed 'a', 'b', got 'a'"):
        session.run({"a": a})
    with pytest.raises(ValidationError, match="the same number of rows on axis 0"):
        session.run({"a": a, "b": b[1:]})


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 2), (2,), (2, 0), (2, 6)])
def test_a_row_of_another_shape(dense, load, shape):
    with pytest.raises(ValidationError, match=r"row of 'x' must have shape \(3\), got \("):
        load(dense[0]()).run({"x": np.zeros(shape)})


def test_axes_of_one_may_be_missing_or_too_many(dense, load):
    session = load(dense[0]())
    (y,) = session.run({"x": np.zeros((2, 1, 3, 1))}).values()
    assert y.shape == (2, 2)


def test_values_that_do_not_fit(dense, load):
    session = load(dense[0]())
    with pytest.raises(ValidationError, match=r"cannot hold, such as 1e\+300"):
        session.run({"x": np.full((2, 3), 1e300)})
    with pytest.raises(ValidationError, match="must be fed numbers"):
        session.run({"x": np.full((2, 3), "a")})


def test_what_fails_in_a_run_is_told_in_one_line(tmp_path, load):
    path = models.script(tmp_path / "m.pt", models.Dense(torch.ones(3, 2), torch.zeros(2)),
                         torch.zeros(1, 3))  # fmt: skip
    with pytest.raises(ValidationError, match=r"cannot be run on inputs of shape \(2, 9\)") as told:
        load(path).run({"x": np.zeros((2, 9))})
    assert "\n" not in str(told.value)


def test_bfloat16_is_float32_outside(tmp_path, load):
    network = models.Dense(torch.ones(3, 2), torch.zeros(2)).bfloat16()
    path = models.program(tmp_path / "m.pt2", network, torch.zeros(2, 3).bfloat16())
    (y,) = load(path).run({"x": np.ones((2, 3))}).values()
    assert (y.dtype, y.tolist()) == (np.float32, [[3.0, 3.0]] * 2)


def test_threads_are_those_asked_for_and_only_during_a_run(dense, load):
    before = torch.get_num_threads()
    session = load(dense[0](), threads=before + 1)
    seen = []
    call = session._network.call
    object.__setattr__(
        session._network, "call", lambda *x: (seen.append(torch.get_num_threads()), call(*x))[1]
    )
    session.run({"x": np.zeros((2, 3))})
    assert seen == [before + 1]
    assert torch.get_num_threads() == before
