import os
import subprocess
import sys
import types

import numpy as np
import onnx_models as models
import onnxruntime
import pytest

from audioml.core.errors import (
    AudiomlError,
    IntegrityError,
    MissingDependencyError,
    UsageError,
    ValidationError,
)
from audioml_onnx.reasons import reason


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.onnx"


def custom(path, op="Whirl", domain="my.own"):
    nodes = [models.node(op, ["x"], ["y"], domain=domain)]
    return models.write(path, nodes, [("x", ("n", 3))], [("y", ("n", 3))], domains=[domain])


def test_operations_of_its_own_are_a_missing_dependency_in_one_sentence(path, load):
    with pytest.raises(MissingDependencyError) as told:
        load(custom(path))
    assert str(told.value) == (
        f"{path} is refused by onnxruntime {onnxruntime.__version__}: Fatal error: my.own:Whirl(-1)"
        " is not a registered function/op; a later onnxruntime may take it, or one with the "
        "model's own operations"
    )


@pytest.mark.parametrize("options", [{"opset": 99}, {"ir": 99}])
def test_a_model_of_a_later_time_asks_for_a_later_runtime(path, load, options):
    with pytest.raises(MissingDependencyError, match="99.* a later onnxruntime may") as told:
        load(models.relu(path, **options))
    assert "\n" not in str(told.value)
    assert "onnxruntime_src" not in str(told.value)


def test_a_graph_that_makes_no_sense(path, load):
    nodes = [models.node("Relu", ["nobody"], ["y"])]
    models.write(path, nodes, [("x", ("n", 3))], [("y", ("n", 3))])
    with pytest.raises(IntegrityError, match=f"{path} is refused by onnxruntime .*'nobody'"):
        load(path)


def test_a_model_of_strings_is_refused(path, load):
    strings = ("x", ("n", 3), models.TensorProto.STRING)
    nodes = [models.node("StringNormalizer", ["x"], ["y"], is_case_sensitive=1)]
    models.write(path, nodes, [("x", (3,), strings[2])], [("y", (3,), strings[2])])
    with pytest.raises(ValidationError, match=r"'x' must be a tensor of numbers, got tensor\(str"):
        load(path)


def test_a_model_without_inputs_has_no_rows(path, load):
    models.write(path, [], [], [("y", (3,))], constants=models.weights(y=np.zeros(3, "f4")))
    with pytest.raises(ValidationError, match="at least one input and one output"):
        load(path)


def test_what_fails_in_a_run_is_told_once_and_the_session_stays(path, load, capfd):
    nodes = [models.node("Reshape", ["x", "shape"], ["y"])]
    constants = models.weights(shape=np.array([-1, 6]))
    models.write(path, nodes, [("x", ("n", 3))], [("y", ("m", 6))], constants=constants)
    session = load(path)
    with pytest.raises(ValidationError) as told:
        session.run({"x": np.zeros((3, 3))})
    assert f"{path} cannot be run on inputs of shape (3, 3): onnxruntime" in str(told.value)
    assert "\n" not in str(told.value)
    assert "onnxruntime_src" not in str(told.value)
    with pytest.raises(ValidationError, match=r"as many rows as it takes, got 'y' of shape \(1, 6"):
        session.run({"x": np.zeros((2, 3))})
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_makes_no_sense(path, load, threads):
    with pytest.raises(UsageError, match="'threads' must be a whole number above 0, got"):
        load(models.relu(path), threads=threads)


def test_another_device_than_there_is(path, load):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(MissingDependencyError, match="needs the CUDAExecutionProvider"):
        load(models.relu(path), device="cuda:1")
    with pytest.raises(UsageError, match="no device 'gpu'"):
        load(models.relu(path), device="gpu")


@pytest.fixture
def runtime(monkeypatch):
    """A function that puts another onnxruntime in place of the one that is installed."""

    def put(**attributes):
        other = types.ModuleType("onnxruntime")
        for name in dir(onnxruntime):
            setattr(other, name, getattr(onnxruntime, name))
        for name, value in attributes.items():
            setattr(other, name, value)
        monkeypatch.setitem(sys.modules, "onnxruntime", other)

    return put


def test_a_device_whose_driver_is_missing_does_not_become_the_cpu(path, load, runtime):
    opened = []

    class Broken(onnxruntime.InferenceSession):
        def __init__(self, model, settings, *, providers, **options):
            opened.append((providers, options))
            super().__init__(model, settings, providers=["CPUExecutionProvider"])

    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    runtime(
        InferenceSession=Broken, get_available_providers=lambda: names, preload_dlls=lambda: None
    )
    with pytest.raises(MissingDependencyError, match="device 'cuda' does not work here"):
        load(models.relu(path), device="cuda")
    (providers, options) = opened[0]
    assert [providers[0][0], *providers[1:]] == names
    assert options == {"enable_fallback": 0}


def test_a_runtime_that_is_not_installed(path, load, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError, match="not installed; run: pip install onnxruntime"):
        load(models.relu(path))


def test_a_runtime_that_cannot_be_imported(path, load, monkeypatch, tmp_path):
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('GLIBC_2.34 not found')")
    monkeypatch.delitem(sys.modules, "onnxruntime")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match="cannot be imported: GLIBC_2.34 not found"):
        load(models.relu(path))


def test_threads_are_as_many_as_the_cores_that_may_be_used(path, load, runtime, monkeypatch):
    made = []

    class Watched(onnxruntime.InferenceSession):
        def __init__(self, model, settings, **options):
            made.append(settings)
            super().__init__(model, settings, **options)

    runtime(InferenceSession=Watched)
    monkeypatch.setattr("audioml_onnx.backend.usable_cores", lambda: 3)
    load(models.relu(path))
    load(models.relu(path), threads=1)
    assert [settings.intra_op_num_threads for settings in made] == [3, 1]
    for settings in made:
        assert settings.inter_op_num_threads == 1
        for name in ("session.intra_op.allow_spinning", "session.inter_op.allow_spinning"):
            assert settings.get_session_config_entry(name) == "0"


def test_the_runtime_keeps_and_sends_nothing(path, tmp_path):
    """Recent builds write a number of the machine into the user's cache folder."""
    home = tmp_path / "home"
    home.mkdir()
    telling = {"ORT_DISABLE_TELEMETRY", "CI", "GITHUB_ACTIONS", "XDG_CACHE_HOME"}
    environment = {n: v for n, v in os.environ.items() if n not in telling}
    script = (
        "import os, sys; from pathlib import Path; from audioml_onnx.backend import OnnxBackend; "
        "OnnxBackend().load(Path(sys.argv[1])).run({'x': [[1, 2, 3]]}); "
        "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, models.relu(path)],
        capture_output=True,
        text=True,
        env={**environment, "HOME": str(home)},
        check=True,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert not list(home.rglob("*onnxruntime*"))


def test_a_reason_is_one_line_that_is_not_too_long():
    told = "[ONNXRuntimeError] : 1 : FAIL : a\nb " + "c" * 999
    assert reason(RuntimeError(told)).startswith("a b ccc")
    assert len(reason(RuntimeError(told))) == 300
    assert reason(RuntimeError("")) == "RuntimeError"


def test_every_error_is_of_our_kind(path, load):
    session = load(models.relu(path))
    for feeds in ({}, {"x": np.zeros((2, 4))}, {"x": ["a"]}, {"x": None}):
        with pytest.raises(AudiomlError):
            session.run(feeds)
