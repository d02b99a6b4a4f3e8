"""Runs of the task selfsupervised, and what other tasks gain by them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")

sys.path.insert(0, str(Path(__file__).parent))

import soundfile  # noqa: E402
import task_models as models  # noqa: E402

from audioml.train.module import read, weights  # noqa: E402
from audioml.train.tasks.embedding.sounds import MOODS, recording  # noqa: E402

TINY = (
    "data.made.sources=3",
    "data.made.count=16",
    "data.made.seconds=1.0",
    "data.batch_size=8",
    "task.rate=8000",
    "task.window=0.25",
    "task.hop=0.25",
    "task.features.n_fft=256",
    "task.features.n_mels=16",
    "task.network.width=8",
    "task.network.depth=3",
    "task.expanded=16",
    "trainer.max_epochs=2",
)


@pytest.fixture
def train(audioml_cli, audioml_plugins, audioml_home, tmp_path, monkeypatch):
    """A function that trains in this process, and returns the folder of the run."""
    monkeypatch.chdir(tmp_path)
    audioml_plugins(**models.plugins())

    def run(task, *settings):
        done = audioml_cli("train", f"task={task}", *settings)
        assert done.code == 0, done.err
        return max((tmp_path / "logs" / task / "runs").iterdir())

    return run


@pytest.mark.slow
def test_one_folder_is_run_by_every_command(train, audioml_cli, tmp_path) -> None:
    run = train("selfsupervised", "experiment=quick", *TINY)
    assert {"val/retrieval/map", "test/classes/recall_at_1"} <= set(models.figures(run))
    model = models.keeps_the_rules(run / "model")
    assert model.spec.answers == ("embedding",)
    copy = tmp_path / "sound" / "one.wav"
    copy.parent.mkdir()
    copy.write_bytes(next(tmp_path.glob("data/made-*/sounds/source-00/000.wav")).read_bytes())
    answer = models.runs_everywhere(audioml_cli, run / "model", copy, "embedding")
    assert answer.shape == (4, 8)
    assert np.isfinite(answer).all()
    index = tmp_path / "index"
    done = audioml_cli("train", "index", str(run / "model"), str(copy.parent), "-o", str(index))
    assert done.code == 0, done.err


@pytest.mark.slow
def test_a_corpus_without_labels_is_enough(train, audioml_cli, tmp_path) -> None:
    random = np.random.default_rng(0)
    for at in range(24):
        path = tmp_path / "in" / f"{at}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, random.normal(0, 0.1, 8000), 8000)
    done = audioml_cli(
        *("train", "prepare", "data=unlabelled", "source_path=in", "destination_path=corpus"),
        *("sample_rate=8000", "split=60/20/20"),
    )
    assert done.code == 0, done.err
    run = train("selfsupervised", "experiment=quick", *TINY, "data.path=corpus")
    assert "test/classes/map" not in models.figures(run)
    assert np.isfinite(models.figures(run)["val/loss"])


@pytest.mark.slow
def test_another_task_begins_with_its_encoder(train) -> None:
    best = train("selfsupervised", "experiment=quick", *TINY) / "checkpoints" / "best.ckpt"
    same = tuple(each for each in TINY if each.startswith(("task.r", "task.f", "task.n")))
    run = train(
        *("classification", "experiment=quick", *same, "data.made.count=8", "task.window=0.25"),
        *(f"task.encoder={best}", "trainer.max_epochs=1", "model.optimizer.lr=0", "model.ema=null"),
    )
    theirs, ours = weights(best), weights(run / "checkpoints" / "best.ckpt")
    name = "encoder.blocks.0.0.weight"
    assert torch.equal(theirs[name], ours[name])
    assert read(run / "checkpoints" / "best.ckpt")["audioml"]["task"] == "classification"


def sounds_of(folder, counts):
    """Write melodies of the twelve sources of the quick experiment that it does not have."""
    number = 1000
    for split, count in counts.items():
        for source in range(12):
            for at in range(count):
                number += 1
                sound = recording(source, at % MOODS, number=number, seconds=4.0, rate=16000)
                path = folder / split / f"source-{source:02}" / f"{number}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, sound, 16000)


@pytest.mark.long
def test_with_one_label_a_class_it_is_better_than_beginning_from_nothing(train, tmp_path) -> None:
    best = train("selfsupervised", "experiment=quick") / "checkpoints" / "best.ckpt"
    sounds_of(tmp_path / "few", {"train": 1, "validation": 2, "test": 10})
    few = (
        *("classification", "trainer=cpu", "threads=1", "data.source_path=few"),
        *("task.network.width=64", "model.ema=0.9", "trainer.max_epochs=60"),
    )
    scratch = models.figures(train(*few, "paths.data=one"))["test/accuracy"]
    begun = models.figures(train(*few, "paths.data=two", f"task.encoder={best}"))["test/accuracy"]
    assert begun > scratch + 0.05
