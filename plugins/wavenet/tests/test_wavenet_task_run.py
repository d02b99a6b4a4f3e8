"""Runs of the task, from nothing to a model that makes songs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from wavenet_task import MADE, TINY, figures, only_run, plugins, state, write_corpus

from audioml.core import load
from audioml.core.cli.main import run as command_line
from audioml.core.errors import IntegrityError, UsageError
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry, using
from audioml.core.stages import GenerationOptions
from audioml_wavenet.task.task import Task

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def only_what_is_needed(tmp_path_factory):
    before = os.environ.get("AUDIOML_HOME")
    os.environ["AUDIOML_HOME"] = str(tmp_path_factory.mktemp("home"))
    with using(Registry(plugins())):
        yield
    os.environ.pop("AUDIOML_HOME")
    if before is not None:
        os.environ["AUDIOML_HOME"] = before


def train(folder, *arguments, code=0):
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert command_line(["train", *arguments]) == code
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    train(root, *TINY, *MADE, "task.genres=all")
    return only_run(root)


def test_a_run_says_what_a_sample_costs_beside_what_it_would_cost_anyway(folder):
    found = state(folder)
    assert found["status"] == "done"
    assert found["metric"] == found["metrics"]["val/bits"]
    known = {name: value for _, name, value in figures(folder)}
    assert known["baseline/uniform"] == 8
    assert known["baseline/lpc"] < known["baseline/markov"] < known["baseline/unigram"] < 8
    assert len(list((folder / "artifacts").glob("song-*.wav"))) == 2


def test_the_model_makes_songs_in_its_genres(folder):
    model = load(folder / "model")
    assert model.genres == ("calm", "lively")
    options = GenerationOptions(seconds=0.05, seed=1, extra={"genre": "calm"})
    (block,) = model.start(options)
    assert block.samples.shape == (1, 200)


def test_the_model_has_the_figures_of_the_test_and_a_card_with_the_licences(folder):
    manifest = Manifest.read(folder / "model")
    measured = state(folder)["metrics"]["test/bits"]
    assert manifest.metrics["test/bits"] == pytest.approx(measured, abs=1e-4)
    names = ("bits", "uniform", "unigram", "markov", "lpc")
    assert set(manifest.metrics) == {f"test/{name}" for name in names}
    card = (folder / "model" / "MODEL_CARD.md").read_text()
    assert "| train | CC0-1.0 | 16 |" in card
    assert "songs that a program made up" in card


def test_a_model_whose_numbers_were_changed_is_found_out(folder, tmp_path):
    shutil.copytree(folder / "model", tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    told = json.loads(path.read_bytes())
    assert len(told["golden"]["expected"]["bits"]) == 32
    told["golden"]["expected"]["bits"][7] += 0.01
    path.write_text(json.dumps(told))
    with pytest.raises(IntegrityError, match="self-test of wavenet fails: output 'bits'"):
        load(tmp_path / "model")


def test_its_checkpoint_alone_gives_the_same_numbers(folder, tmp_path):
    Task().export(folder / "checkpoints" / "best.ckpt", tmp_path / "model")
    one, two = Manifest.read(tmp_path / "model"), Manifest.read(folder / "model")
    assert one.files["weights.npz"] == two.files["weights.npz"]
    assert "None were measured" in (tmp_path / "model" / "MODEL_CARD.md").read_text()


class Stopped(Exception):
    """As a kill would, in the middle of a step."""


def test_a_run_that_was_stopped_goes_on_to_the_same_losses(folder, tmp_path, monkeypatch):
    from audioml_wavenet.task.module import Foreteller

    learn = Foreteller.training_step

    def stopping(self, batch, batch_idx):
        if self.trainer.global_step == 4:  # the second step of the second epoch
            raise Stopped
        return learn(self, batch, batch_idx)

    monkeypatch.setattr(Foreteller, "training_step", stopping)
    with pytest.raises(Stopped):
        train(tmp_path, *TINY, *MADE, "task.genres=all")
    monkeypatch.setattr(Foreteller, "training_step", learn)
    begun = only_run(tmp_path)
    train(tmp_path, f"ckpt_path={begun}")
    curve = ("step/loss", "train/loss", "val/loss", "val/bits", "lr-AdamW")
    assert figures(begun, *curve) == figures(folder, *curve)
    assert len(figures(begun, "step/loss")) == 6


def test_songs_of_ones_own_bring_their_licences(tmp_path):
    def song(number):
        return np.random.default_rng(number).normal(0, 0.1, 2000)

    write_corpus(tmp_path / "corpus", song, songs=8)
    (tmp_path / "corpus" / "ATTRIBUTION.md").write_text("artist 1: song-1, CC BY 4.0\n")
    train(tmp_path, *TINY, "data.path=corpus", "task.rate=4000", "trainer.max_epochs=1")
    card = (only_run(tmp_path) / "model" / "MODEL_CARD.md").read_text()
    assert "| train | CC-BY-4.0 | 2 | 0.0 | artist 1, artist 5 |" in card
    assert "song-1" in (only_run(tmp_path) / "model" / "ATTRIBUTION.md").read_text()


def test_a_loss_that_is_no_number_ends_the_run(tmp_path, capfd):
    given = [a for a in TINY if not a.startswith("task.samples")]
    train(tmp_path, *given, *MADE, "task.samples.seconds=0", "model.optimizer.lr=1e30", code=1)
    assert "the loss is no finite number any more at step" in capfd.readouterr().err


def test_a_checkpoint_of_another_task_is_no_wavenet(tmp_path, capfd):
    path = tmp_path / "other.ckpt"
    torch.save({"audioml": {"schema": 1, "task": "chords", "config": {}}, "state_dict": {}}, path)
    with pytest.raises(UsageError, match="of the task 'chords', not of 'wavenet'"):
        Task().export(path, tmp_path / "model")
    torch.save({"state_dict": {}}, path)
    with pytest.raises(UsageError, match="not of a run of `audioml train`"):
        Task().export(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_two_processes_train_together(tmp_path):
    environment = {**os.environ, "AUDIOML_PLUGINS": "train,wavenet", "OMP_NUM_THREADS": "1"}
    given = [a for a in TINY if a != "trainer=cpu"]
    done = subprocess.run(
        [sys.executable, "-m", "audioml.core.cli", "train", *given, *MADE, "trainer=ddp_sim"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert [step for step, *_ in figures(run, "step/loss")] == list(range(6))
    assert state(run)["metrics"]["test/bits"] < 8.5
    assert load(run / "model").receptive_field == 16
