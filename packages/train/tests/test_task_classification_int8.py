"""Networks in int8: TFLite whose ranges follow from representative inputs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import task_models as models

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.train.export import exportable, write_folder, write_int8


class Two(torch.nn.Module):
    """Two numbers of which one is a thousand times the other."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.body = torch.nn.Sequential(torch.nn.Linear(6, 32), torch.nn.ReLU())
        self.out = torch.nn.Linear(32, 2)

    def forward(self, rows):
        return self.out(self.body(rows)) * torch.tensor([1000.0, 1.0])


@pytest.fixture
def made():
    return exportable(Two(), {"rows": torch.randn(2, 6)}, outputs=["values"])


def test_int8_needs_to_know_what_it_will_see(made, tmp_path):
    for rows in (None, [], [torch.zeros(0, 6)]):
        with pytest.raises(UsageError, match="int8 needs representative inputs"):
            write_int8(made, tmp_path / "m.tflite", rows)
    assert not list(tmp_path.iterdir())


def test_int8_without_a_quantiser_says_what_installs_one(made, tmp_path, monkeypatch):
    for name in ("ai_edge_quantizer", "ai_edge_quantizer.quantizer"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match="pip install litert-torch ai-edge-quantizer"):
        write_int8(made, tmp_path / "m.tflite", [torch.randn(4, 6)])


@pytest.mark.slow
@pytest.mark.skipif(bool(models.NO_TFLITE), reason=models.NO_TFLITE)
def test_int8_holds_numbers_of_any_size(made, tmp_path):
    rows = torch.randn(100, 6, generator=torch.Generator().manual_seed(1))
    write_int8(made, tmp_path / "m.tflite", [rows])
    from audioml_tflite.backend import TFLiteBackend

    session = TFLiteBackend().load(tmp_path / "m.tflite")
    assert list(session.inputs) == ["rows"]
    assert session.inputs["rows"].dtype == "float32"
    found = session.run({"rows": rows.numpy()})["values"]
    wanted = made.answers([rows])["values"].numpy()
    apart = np.abs(found - wanted) / wanted.std(0)
    assert apart.max() < 0.06  # 4 % of 255 steps of 6 deviations each way, some of them added up
    assert apart.max() > 1e-6  # it is not float after all


@pytest.mark.slow
@pytest.mark.skipif(bool(models.NO_TFLITE), reason=models.NO_TFLITE)
@pytest.mark.parametrize(
    ("forms", "widened"), [(("tflite", "int8"), False), (("int8", "tflite"), True)]
)
def test_the_self_test_allows_for_int8_where_it_is_run_first(tmp_path, forms, widened):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(400, 3), torch.nn.Softmax(-1))
    rows = 0.3 * torch.randn(50, 400)
    manifest = Manifest(
        name="odd",
        version="1.0",
        task="classification",
        license="Apache-2.0",
        rate=8000,
        extractor=Part("pcm", {"rate": 8000, "window": 0.05, "hop": 0.05}),
        decoder=Part("windows", {"hop": 0.05, "labels": ["a", "b", "c"]}),
        runtimes=(Runtime("tflite", "model.tflite"),),
        batching="rows",
        answers=("scores",),
    )
    how = {"forms": forms, "representative": [rows], "outputs": ["scores"]}
    written = write_folder(network, {"audio": rows[:2]}, tmp_path / "m", manifest, **how)
    assert [r.precision == "int8" for r in written.runtimes] == [f == "int8" for f in forms]
    assert (written.golden.tolerance > 1.001e-3) == widened
    assert written.golden.tolerance < 0.2
