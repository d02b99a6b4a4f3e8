"""Runs of the task regression, from the command line to a model that every command runs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import task_models as models

from audioml.core import load
from audioml.core.audio import read
from audioml.core.models.manifest import Manifest
from audioml.train.features import FACTS
from audioml.train.module import read as read_checkpoint
from audioml.train.module import weights
from audioml.train.networks import Headed

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")

TINY = (
    "data.made.count=30",
    "data.made.seconds=0.5",
    "task.rate=8000",
    "task.window=0.25",
    "task.hop=0.25",
    "task.features.n_fft=256",
    "task.features.n_mels=16",
    "task.network.width=8",
    "task.network.depth=3",
    "trainer.max_epochs=2",
)


@pytest.fixture
def trained(audioml_cli, audioml_plugins, audioml_home, tmp_path, monkeypatch):
    """A function that trains in this process, and returns the folder of the run."""
    monkeypatch.chdir(tmp_path)
    audioml_plugins(**models.plugins())

    def run(*settings):
        done = audioml_cli("train", "task=regression", "experiment=quick", *settings)
        assert done.code == 0, done.err
        return models.the_run(tmp_path, "regression")

    return run


@pytest.fixture
def sound(tmp_path):
    """A function that copies a made-up sound, and returns its path."""

    def copy():
        path = tmp_path / "sound" / "tone.wav"
        path.parent.mkdir()
        path.write_bytes(min(tmp_path.glob("data/made-*/sounds/*.wav")).read_bytes())
        return path

    return copy


@pytest.mark.slow
def test_one_folder_is_run_by_every_command(trained, sound, audioml_cli):
    run = trained(*TINY)
    figures = models.figures(run)
    names = {f"test/{figure}/{n}" for figure in ("mae", "rmse", "r2") for n in ("pitch", "tremolo")}
    assert names <= set(figures)
    assert Manifest.read(run / "model").metrics["mae/pitch"] == figures["test/mae/pitch"]
    model = models.keeps_the_rules(run / "model")
    assert model.spec.answers == ("values",)
    path = sound()
    answer = models.runs_everywhere(audioml_cli, run / "model", path, "values")
    assert model.predict(read(path)).frames["values"].labels == ("pitch", "tremolo")
    best = run / "checkpoints" / "best.ckpt"
    rows = torch.from_numpy(model.extractor(read(path)).tensors["logmel"])
    network = Headed.of(rows.shape[1:], 2, {"width": 8, "depth": 3}).eval()
    network.load_state_dict(weights(best))
    facts = read_checkpoint(best)[FACTS]
    with torch.no_grad():
        wanted = network(rows) * torch.tensor(facts["scale"]) + torch.tensor(facts["mean"])
    np.testing.assert_allclose(answer, wanted.numpy(), rtol=1e-4)
    card = (run / "model" / "MODEL_CARD.md").read_text()
    assert "| pitch |" in card
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for name in ("pitch", "tremolo"):
        assert (run / "plots" / f"scatter_{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.skipif(bool(models.NO_TFLITE), reason=models.NO_TFLITE)
def test_int8_is_nearly_as_good_as_float_and_run_by_every_command(trained, sound, audioml_cli):
    run = trained("task.forms=[int8,onnx]", "data.made.count=120", "trainer.max_epochs=4")
    manifest = Manifest.read(run / "model")
    assert [(r.backend, r.precision) for r in manifest.runtimes] == [
        ("tflite", "int8"), ("onnx", "float32"),
    ]  # fmt: skip
    assert manifest.metrics["mae_in_deviations_int8"] < 1.0
    assert "0.05 may be lost" in (run / "model" / "MODEL_CARD.md").read_text()
    path = sound()
    coarse = models.runs_everywhere(audioml_cli, run / "model", path, "values")
    exact = load(run / "model", precision="float32").predict(read(path)).frames["values"].values
    scale = read_checkpoint(run / "checkpoints" / "best.ckpt")[FACTS]["scale"]
    apart = np.abs(coarse - exact) / scale
    assert 1e-6 < apart.max() < 0.1


@pytest.mark.slow
def test_the_quick_experiment_learns(trained):
    figures = models.figures(trained())
    assert figures["test/mae/pitch"] < 2.0  # semitones; 10 by guessing
    assert figures["test/mae/tremolo"] < 0.6  # Hz; 1.5 by guessing
    assert figures["test/r2/pitch"] > 0.9
