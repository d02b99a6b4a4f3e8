import json
import os
import zipfile

import numpy as np
import pytest

from audioml.core import load as load_model
from audioml.core.errors import (
    IntegrityError,
    MissingDependencyError,
    UntrustedError,
    ValidationError,
)
from audioml.core.stages import Backend, Session, TensorSpec
from audioml.core.testing import checks_for
from audioml_tensorflow.backend import TensorflowBackend

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
tf = pytest.importorskip("tensorflow", reason="tensorflow, of 2 GB, is not installed")

KERNEL = np.random.default_rng(7).normal(size=(3, 2)).astype("f4")


def keras_model(kernel=KERNEL, batch=None):
    x = tf.keras.Input((len(kernel),), name="x", batch_size=batch)
    layer = tf.keras.layers.Dense(kernel.shape[1], name="y")
    model = tf.keras.Model(x, layer(x))
    layer.set_weights([kernel, np.zeros(kernel.shape[1], "f4")])
    return model


class Module(tf.Module):
    def __init__(self, function, *specs):
        super().__init__()
        self.run = tf.function(function, input_signature=specs)


def saved(path, function, *specs):
    module = Module(function, *specs)
    tf.saved_model.save(module, str(path), signatures=module.run.get_concrete_function())
    return path


@pytest.fixture(params=["keras", "fixed", "saved", "graph"])
def path(request, tmp_path):
    if request.param in {"keras", "fixed"}:
        keras_model(batch=4 if request.param == "fixed" else None).save(tmp_path / "m.keras")
        return tmp_path / "m.keras"
    spec = tf.TensorSpec((None, 3), tf.float32, name="x")
    saved(tmp_path / "m", lambda x: {"y": x @ KERNEL}, spec)
    return tmp_path / "m" / ("saved_model.pb" if request.param == "graph" else "")


def test_it_keeps_the_contracts(path, load):
    session = load(path)
    assert isinstance(TensorflowBackend(), Backend)
    assert isinstance(session, Session)
    assert session.runtime == f"tensorflow {tf.__version__}"
    assert session.inputs == {"x": TensorSpec((None, 3), "float32")}
    assert session.outputs == {"y": TensorSpec((None, 2), "float32")}


@pytest.mark.parametrize("rows", [0, 1, 5, 70])
def test_rows_are_those_of_numpy(path, load, rows, monkeypatch):
    monkeypatch.setattr("audioml_tensorflow.session._NUMBERS", 1)
    x = np.random.default_rng(1).normal(size=(rows, 3))
    y = load(path).run({"features": x})["y"]
    assert (y.dtype, y.shape) == (np.float32, (rows, 2))
    np.testing.assert_allclose(y, x @ KERNEL, rtol=1e-5, atol=1e-6)


def test_a_row_of_another_shape(path, load):
    with pytest.raises(ValidationError, match=r"row of 'x' must have shape \(3\), got \(4,\)"):
        load(path).run({"x": np.zeros((2, 4))})


def test_several_inputs_and_outputs_go_by_name(tmp_path, load):
    a, b = (tf.keras.Input((2,), name=n) for n in "ab")
    outputs = {"sum": a + b, "product": a * b}
    tf.keras.Model([a, b], outputs).save(tmp_path / "m.keras")
    specs = [tf.TensorSpec((None, 2), tf.float32, name=n) for n in "ab"]
    saved(tmp_path / "m", lambda a, b: {"sum": a + b, "product": a * b}, *specs)
    one, two = np.random.default_rng(1).normal(size=(2, 5, 2)).astype("f4")
    for name in ("m.keras", "m"):
        found = load(tmp_path / name).run({"b": two, "a": one})
        np.testing.assert_array_equal(found["sum"], one + two)
        np.testing.assert_array_equal(found["product"], one * two)


def test_what_fails_in_a_run_is_told(tmp_path, load):
    spec = tf.TensorSpec((None, 3), tf.float32, name="x")
    saved(tmp_path / "m", lambda x: {"y": tf.reshape(x, (-1, 6))}, spec)
    with pytest.raises(ValidationError, match=r"cannot be run on inputs of shape \(3, 3\)"):
        load(tmp_path / "m").run({"x": np.zeros((3, 3))})
    with pytest.raises(ValidationError, match=r"as many rows as it takes"):
        load(tmp_path / "m").run({"x": np.zeros((2, 3))})


def test_strings_are_refused(tmp_path, load):
    spec = tf.TensorSpec((None,), tf.string, name="x")
    saved(tmp_path / "m", lambda x: {"y": tf.strings.lower(x)}, spec)
    with pytest.raises(ValidationError, match="'x' must be a tensor of numbers, got string"):
        load(tmp_path / "m")


def test_graphs_that_run_python_or_touch_files_are_refused(tmp_path, load):
    spec = tf.TensorSpec((None, 3), tf.float32, name="x")

    def python(x):
        return {"y": tf.ensure_shape(tf.py_function(lambda v: v, [x], tf.float32), (None, 3))}

    def writes(x):
        tf.io.write_file(str(tmp_path / "harm"), "x")
        return {"y": x}

    for name, function, op in (("p", python, "EagerPyFunc"), ("w", writes, "WriteFile")):
        with pytest.raises(UntrustedError, match=f"its graph holds {op}"):
            load(saved(tmp_path / name, function, spec))
    assert not (tmp_path / "harm").exists()


def edited(path, change):
    with zipfile.ZipFile(path) as archive:
        records = {n: archive.read(n) for n in archive.namelist()}
    config = json.loads(records["config.json"])
    change(config)
    records["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in records.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "module": "keras.layers"},
        {"class_name": "function", "module": "keras.utils", "config": "get_file"},
        {"class_name": "Popen", "module": "subprocess"},
        {"class_name": "TFSMLayer", "module": "keras.layers"},
    ],
)
def test_keras_files_that_name_code_are_refused(tmp_path, load, layer):
    keras_model().save(tmp_path / "m.keras")
    edited(tmp_path / "m.keras", lambda c: c["config"]["layers"][1].update(layer))
    with pytest.raises(UntrustedError, match="could run code of its own: it names"):
        load(tmp_path / "m.keras")


def test_damaged_models(tmp_path, load):
    keras_model().save(tmp_path / "m.keras")
    data = (tmp_path / "m.keras").read_bytes()
    for broken in (b"", data[:100], b"\x89HDF\r\n" + data):
        (tmp_path / "b.keras").write_bytes(broken[:5000])
        with pytest.raises(IntegrityError, match="is no file of Keras 3"):
            load(tmp_path / "b.keras")
    edited(tmp_path / "m.keras", lambda c: c["config"].pop("layers"))
    with pytest.raises(IntegrityError, match="is refused by tensorflow"):
        load(tmp_path / "m.keras")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "saved_model.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(IntegrityError, match="is no SavedModel"):
        load(tmp_path / "m")


def test_a_device_that_is_not_here_is_never_the_cpu(path, load):
    with pytest.raises(MissingDependencyError, match="'gpu:9' is not here"):
        load(path, device="gpu:9")


DESCRIPTION = """
[extractor]
name = "pcm"
params = {rate = 8000, window = 0.5, hop = 0.25}

[decoder]
params.labels = ["quiet", "loud"]
"""


def test_an_estimator_with_a_keras_model_keeps_every_rule(audioml_plugins, audioml_home, tmp_path):
    from audioml.core import plugin as core
    from audioml_tensorflow import plugin

    audioml_plugins(core=core, tensorflow=plugin)
    kernel = np.random.default_rng(3).normal(size=(4000, 2)).astype("f4")
    keras_model(kernel).save(tmp_path / "two.keras")
    (tmp_path / "two.toml").write_text(DESCRIPTION)
    for check in checks_for(load_model(tmp_path / "two.keras")):
        check()
