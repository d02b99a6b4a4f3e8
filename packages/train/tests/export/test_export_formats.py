"""Networks written as ONNX and for torch, and compared with what they were."""

import importlib.util
import sys

import pytest
import torch

from audioml.core.errors import (
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    UsageError,
)
from audioml.core.models.manifest import Runtime
from audioml.core.plugins import Registry
from audioml.train import export as e

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")
pytest.importorskip("audioml_torch", reason="audioml-torch is not installed")


class Frames(torch.nn.Module):
    """Convolutions over a spectrogram, a score for each frame and one for all."""

    def __init__(self, *, recurrent=False):
        super().__init__()
        torch.manual_seed(1)
        self.conv = torch.nn.Conv2d(1, 3, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(3)
        self.gru = torch.nn.GRU(24, 6, batch_first=True, bidirectional=True) if recurrent else None
        self.out = torch.nn.Linear(12 if recurrent else 24, 5)

    def forward(self, spectra):
        y = torch.relu(self.norm(self.conv(spectra[:, None])))
        y = y.permute(0, 2, 1, 3).flatten(2)
        y = self.out(y if self.gru is None else self.gru(y)[0])
        return {"frames": y.sigmoid(), "clip": y.mean(1)}


MOVING = {"spectra": {0: "rows", 1: "frames"}}


@pytest.fixture(params=[False, True], ids=["convolutions", "recurrent"])
def network(request):
    return Frames(recurrent=request.param).train()


def ready(network, rows=2):
    return e.exportable(network, {"spectra": torch.randn(rows, 9, 8)}, moving=MOVING)


def test_names_and_moving_axes_are_found(network):
    made = ready(network)
    assert (made.inputs, made.outputs) == (("spectra",), ("frames", "clip"))
    assert made.moving["frames"] == {0: "rows", 1: "frames"}
    assert made.moving["clip"] == {0: "rows"}
    assert network.training  # the one that came in is left alone


@pytest.mark.parametrize(("form", "backend"), [("model.onnx", "onnx"), ("model", "torch")])
@pytest.mark.parametrize("rows", [1, 2])
def test_what_is_written_answers_as_the_network_at_any_length(
    network, tmp_path, form, backend, rows
):
    made = ready(network, rows)
    if backend == "onnx":
        e.write_onnx(made, tmp_path / form)
    else:
        form = e.write_torch(made, tmp_path / form).name
        assert form == ("model.pt2" if network.gru is None else "model.pt")
    off = e.check(made, tmp_path, Runtime(backend, form))
    assert 0 <= off < 1e-5
    session = loaded(backend, tmp_path / form)
    assert session.inputs["spectra"].shape == (None, None, 8)
    assert session.outputs["frames"].shape == (None, None, 5)
    assert session.outputs["clip"].shape == (None, 5)
    x = torch.randn(3, 31, 8)
    network.eval()
    wanted = network(x)
    found = session.run({"spectra": x.numpy()})
    for name in ("frames", "clip"):
        torch.testing.assert_close(torch.tensor(found[name]), wanted[name].detach())


def loaded(backend, path):
    from audioml.core.plugins import registry

    return registry().find("backend", backend).load()().load(path)


def test_several_inputs(tmp_path):
    class Pair(torch.nn.Module):
        def forward(self, a, b):
            return a + b, a * b

    made = e.exportable(Pair(), (torch.randn(2, 3), torch.randn(2, 3)))
    assert made.inputs == ("input_0", "input_1")
    assert made.outputs == ("output_0", "output_1")
    e.write_onnx(made, tmp_path / "m.onnx")
    assert e.check(made, tmp_path, Runtime("onnx", "m.onnx")) < 1e-6
    path = e.write_torch(made, tmp_path / "m")
    assert e.check(made, tmp_path, Runtime("torch", path.name)) < 1e-6


def test_a_network_in_half_precision_is_written_in_single(tmp_path):
    made = e.exportable(torch.nn.Linear(3, 2).bfloat16(), torch.randn(2, 3))
    assert made.example[0].dtype == torch.float32
    e.write_onnx(made, tmp_path / "m.onnx")
    assert e.check(made, tmp_path, Runtime("onnx", "m.onnx")) < 1e-5


def test_another_network_than_was_written_is_found_out(tmp_path):
    one, other = (e.exportable(torch.nn.Linear(3, 2), torch.randn(2, 3)) for _ in range(2))
    e.write_onnx(one, tmp_path / "m.onnx")
    with pytest.raises(IntegrityError, match=r"otherwise than the network: it is off by .*, allo"):
        e.check(other, tmp_path, Runtime("onnx", "m.onnx"))
    wide = e.exportable(torch.nn.Linear(3, 4), torch.randn(2, 3))
    with pytest.raises(IntegrityError, match=r"must be of shape \(2, 4\), got \(2, 2\)"):
        e.check(wide, tmp_path, Runtime("onnx", "m.onnx"))


def test_what_is_fixed_to_the_example_is_found_out(tmp_path):
    class Fixed(torch.nn.Module):
        def forward(self, x):
            return x * float(x.shape[1])  # which a recorded run takes for a constant

    made = e.exportable(Fixed(), {"x": torch.ones(2, 3)}, moving={"x": {0: "rows", 1: "n"}})
    e.write_onnx(made, tmp_path / "m.onnx", exporter="trace")
    with pytest.raises(IntegrityError, match=r"inputs of shape \(4, 6\) otherwise"):
        e.check(made, tmp_path, Runtime("onnx", "m.onnx"))


def test_answers_that_are_no_numbers_are_no_parity(tmp_path):
    linear = torch.nn.Linear(3, 2)
    torch.nn.init.constant_(linear.bias, float("nan"))
    made = e.exportable(linear, torch.randn(2, 3))
    e.write_onnx(made, tmp_path / "m.onnx")
    with pytest.raises(IntegrityError, match="off by nan"):
        e.check(made, tmp_path, Runtime("onnx", "m.onnx"))


def test_a_backend_that_is_not_installed(tmp_path):
    made = e.exportable(torch.nn.Linear(3, 2), torch.randn(2, 3))
    with pytest.raises(NotFoundError):
        e.check(made, tmp_path, Runtime("onnx", "m.onnx"), plugins=Registry({}))


def test_what_no_exporter_has_words_for(tmp_path):
    class Python(torch.nn.Module):
        def forward(self, x):
            return torch.linalg.eigvals(x).real

    made = e.exportable(Python(), torch.randn(2, 3, 3))
    with pytest.raises(UsageError, match="cannot be written as ONNX: trace: "):
        e.write_onnx(made, tmp_path / "m.onnx", exporter="trace")
    assert not list(tmp_path.iterdir())


def test_onnx_that_is_not_installed(tmp_path, monkeypatch):
    def missing(*arguments):
        raise ModuleNotFoundError("No module named 'onnxscript'", name="onnxscript")

    monkeypatch.setattr("audioml.train.export.onnxfile._traced", missing)
    monkeypatch.setattr("audioml.train.export.onnxfile._dynamo", missing)
    made = e.exportable(torch.nn.Linear(3, 2), torch.randn(2, 3))
    with pytest.raises(MissingDependencyError, match="run: pip install onnx onnxscript"):
        e.write_onnx(made, tmp_path / "m.onnx")


def test_tflite_without_a_converter_says_what_installs_one(tmp_path, monkeypatch):
    for name in ("litert_torch", "ai_edge_torch"):
        monkeypatch.setitem(sys.modules, name, None)
    made = e.exportable(torch.nn.Linear(3, 2), torch.randn(2, 3))
    with pytest.raises(MissingDependencyError, match="pip install litert-torch"):
        e.write_tflite(made, tmp_path / "m.tflite")


def test_tflite_where_there_is_a_converter(tmp_path):
    if importlib.util.find_spec("litert_torch") is None:  # to import it here would tie it to pytest
        pytest.skip("no converter to TFLite: litert-torch is absent")
    pytest.importorskip("audioml_tflite", reason="audioml-tflite is not installed")
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    made = e.exportable(net, {"x": torch.randn(2, 3)})
    e.write_tflite(made, tmp_path / "m.tflite")
    assert e.check(made, tmp_path, Runtime("tflite", "m.tflite")) < 1e-5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"inputs": ["a", "b"]}, "'inputs' must name 1 tensors, got a, b"),
        ({"outputs": ["a", "b"]}, "'outputs' must name 1 tensors, got a, b"),
        ({"moving": {"x": {0: "rows"}}}, "'moving' must name axes of the inputs"),
        ({"moving": {"input": {2: "rows"}}}, "'moving' must name axes of the inputs"),
    ],
)
def test_names_that_do_not_fit(options, told):
    with pytest.raises(UsageError, match=told):
        e.exportable(torch.nn.Linear(3, 2), torch.randn(2, 3), **options)
