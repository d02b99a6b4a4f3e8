"""Runs of the task classification, from the command line to a model that every command runs."""

from __future__ import annotations

import json
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
from audioml.train.module import read as read_checkpoint
from audioml.train.module import weights
from audioml.train.networks import Headed

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")

TINY = (
    "data.made.count=8",
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
        done = audioml_cli("train", "task=classification", "experiment=quick", *settings)
        assert done.code == 0, done.err
        return models.the_run(tmp_path, "classification")

    return run


@pytest.fixture
def sound(tmp_path):
    """A function that copies a made-up sound of a class, and returns its path."""

    def copy(name):
        (source, *_) = sorted(tmp_path.glob(f"data/made-*/sounds/{name}/*.wav"))
        path = tmp_path / "sound" / f"{name}.wav"
        path.parent.mkdir()
        path.write_bytes(source.read_bytes())
        return path

    return copy


@pytest.mark.slow
def test_one_folder_is_run_by_every_command(trained, sound, audioml_cli):
    run = trained(*TINY)
    figures = models.figures(run)
    assert {"test/accuracy", "test/f1", "test/auroc", "val/accuracy"} <= set(figures)
    model = models.keeps_the_rules(run / "model")
    assert model.spec.answers == ("scores",)
    answer = models.runs_everywhere(audioml_cli, run / "model", sound("chirp"), "scores")
    assert answer.shape == (2, 5)
    assert answer.sum(-1).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)


@pytest.mark.slow
def test_what_was_measured_is_in_the_folder_and_drawn(trained):
    run = trained(*TINY)
    told = json.loads((run / "artifacts" / "test.json").read_bytes())
    figures, manifest = models.figures(run), Manifest.read(run / "model")
    confusion = np.array(told["confusion"])
    assert figures["test/accuracy"] == pytest.approx(np.trace(confusion) / confusion.sum())
    assert manifest.metrics["accuracy"] == pytest.approx(figures["test/accuracy"])
    assert manifest.golden is not None
    card = (run / "model" / "MODEL_CARD.md").read_text()
    for words in ("beats, chirp, clicks, noise, tone", "made up", "| accuracy |", "| tone |"):
        assert words in card
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert (run / "plots" / "confusion.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_several_classes_with_a_threshold_each(trained, tmp_path):
    run = trained(*TINY, "task.kind=multi", "task.class_weights=balanced")
    figures = models.figures(run)
    assert {"test/f1", "test/auroc", "test/map", "val/f1"} <= set(figures)
    offsets = read_checkpoint(run / "checkpoints" / "best.ckpt")["state_dict"]["offsets"]
    assert offsets.abs().max() > 0
    model = models.keeps_the_rules(run / "model")
    path = min(tmp_path.glob("data/made-*/sounds/mixed/*.wav"))
    scores = model.predict(read(path)).frames["scores"].values
    assert scores.shape == (2, 5)
    shifted = torch.logit(torch.from_numpy(scores.copy())) + offsets
    plain = _network_of(run)(model, path)
    np.testing.assert_allclose(shifted.numpy(), plain, atol=1e-3)
    card = (run / "model" / "MODEL_CARD.md").read_text()
    assert "| class | probability that 0.5 stands for |" in card


def _network_of(run):
    def logits(model, path):
        rows = model.extractor(read(path)).tensors["logmel"]
        network = Headed.of(rows.shape[1:], 5, {"width": 8, "depth": 3, "dropout": 0.2}).eval()
        network.load_state_dict(weights(run / "checkpoints" / "best.ckpt"))
        with torch.no_grad():
            return network(torch.from_numpy(rows)).numpy()

    return logits


@pytest.mark.slow
def test_a_run_begins_with_the_encoder_of_another(trained, audioml_cli):
    run = trained(*TINY)
    best = run / "checkpoints" / "best.ckpt"
    still = ("trainer.max_epochs=1", "model.optimizer.lr=0", "model.ema=null", "export=false")
    again = ("train", "task=classification", "experiment=quick", *TINY, *still)
    done = audioml_cli(*again, f"task.encoder={best}")
    assert done.code == 0, done.err
    (second,) = {*run.parent.iterdir()} - {run}
    before, after = (weights(each / "checkpoints" / "best.ckpt") for each in (run, second))
    name = "encoder.blocks.0.0.weight"
    assert torch.equal(before[name], after[name])
    assert not torch.equal(before["head.weight"], after["head.weight"])
    done = audioml_cli(*again, f"task.encoder={best}", "task.network.width=16")
    assert done.code == 2
    assert "is of another shape" in done.err


@pytest.mark.slow
@pytest.mark.skipif(bool(models.NO_TFLITE), reason=models.NO_TFLITE)
def test_int8_is_as_good_as_float(trained, sound, monkeypatch):
    run = trained("task.forms=[onnx,tflite]", "task.int8=true", "data.made.count=40")
    folder = run / "model"
    manifest = Manifest.read(folder)
    assert [(r.backend, r.precision) for r in manifest.runtimes] == [
        ("onnx", "float32"), ("tflite", "float32"), ("tflite", "int8"),
    ]  # fmt: skip
    assert manifest.metrics["accuracy"] > 0.8
    assert manifest.metrics["accuracy_int8"] > manifest.metrics["accuracy"] - 0.02
    whole, small = (folder / f"model{end}" for end in (".tflite", ".int8.tflite"))
    assert small.stat().st_size < 0.5 * whole.stat().st_size
    assert manifest.golden.tolerance == pytest.approx(1e-3)
    audio = read(sound("noise"))
    exact = load(folder).predict(audio).frames["scores"].values
    coarse = load(folder, precision="int8").predict(audio).frames["scores"].values
    assert (coarse.argmax(-1) == exact.argmax(-1)).all()


@pytest.mark.slow
def test_the_quick_experiment_learns(trained):
    assert models.figures(trained())["test/accuracy"] > 0.9
