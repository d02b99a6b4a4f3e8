"""Runs of the task embedding, from the command line to an index that finds like sounds."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("audioml_onnx", reason="audioml-onnx is not installed")

sys.path.insert(0, str(Path(__file__).parent))

import task_models as models  # noqa: E402

from audioml.core.audio import read  # noqa: E402
from audioml.train.module import weights  # noqa: E402
from audioml.train.tasks.embedding.index.store import Index  # noqa: E402

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
    "task.size=6",
    "trainer.max_epochs=2",
)


@pytest.fixture
def train(audioml_cli, audioml_plugins, audioml_home, tmp_path, monkeypatch):
    """A function that trains in this process, and returns the folder of the run."""
    monkeypatch.chdir(tmp_path)
    audioml_plugins(**models.plugins())

    def run(*settings, fails=False):
        done = audioml_cli("train", "task=embedding", *settings)
        assert bool(done.code) == fails, done.err
        return done if fails else max((tmp_path / "logs" / "embedding" / "runs").iterdir())

    return run


@pytest.mark.slow
def test_one_folder_is_run_by_every_command(train, audioml_cli, tmp_path) -> None:
    run = train("experiment=quick", *TINY)
    figures = models.figures(run)
    for split in ("val", "test"):
        for of in ("retrieval", "classes"):
            names = {f"{split}/{of}/{each}" for each in ("recall_at_1", "recall_at_10", "map")}
            assert names <= set(figures)
    model = models.keeps_the_rules(run / "model")
    assert model.spec.answers == ("embedding",)
    sounds = next(tmp_path.glob("data/made-embedding-*/sounds"))
    copy = tmp_path / "sound" / "one.wav"
    copy.parent.mkdir()
    copy.write_bytes((sounds / "source-00" / "000.wav").read_bytes())
    answer = models.runs_everywhere(audioml_cli, run / "model", copy, "embedding")
    assert answer.shape == (4, 6)
    np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1.0, atol=1e-5)
    if importlib.util.find_spec("matplotlib"):
        assert (run / "plots" / "embeddings.png").stat().st_size > 1000

    index = tmp_path / "index"
    done = audioml_cli("train", "index", str(run / "model"), str(sounds), "-o", str(index))
    assert "48 recordings in" in done.err, done.err
    expected = answer.mean(0) / np.linalg.norm(answer.mean(0))
    found = Index.read(index)
    at = found.items.index("source-00/000.wav")
    np.testing.assert_allclose(found.vectors[at], expected, atol=1e-5)
    done = audioml_cli("train", "similar", str(index), str(copy), "-k", "1", "--json")
    (nearest,) = json.loads(done.out)["similar"]  # the copy lies elsewhere, so it is found
    assert nearest["item"] == "source-00/000.wav"
    assert nearest["similarity"] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_a_recording_shorter_than_a_window_has_a_vector(train, tmp_path) -> None:
    run = train("experiment=quick", *TINY, "trainer.max_epochs=1")
    from audioml.core import load

    model = load(run / "model")
    sound = read(next(tmp_path.glob("data/made-*/sounds/source-00/000.wav")))
    for seconds, windows in ((0.1, 1), (0.25, 1), (0.6, 2)):
        part = sound.samples[:, : round(seconds * sound.rate)]
        assert model(part, sound.rate)["embedding"].values.shape == (windows, 6)


@pytest.mark.slow
def test_interactions_are_learnt_and_measured(train, tmp_path) -> None:
    run = train("experiment=quick", *TINY, "data.made.listeners=60")
    assert "test/liked/recall_at_10" in models.figures(run)
    table = next(tmp_path.glob("data/made-*/sounds/interactions.csv"))
    names = {line.rpartition(",")[2] for line in table.read_text().splitlines()[1:]}
    assert len(names) > 20
    given = train("experiment=quick", *TINY, f"task.interactions={table}")
    assert "test/liked/recall_at_10" in models.figures(given)


@pytest.mark.slow
def test_it_begins_with_the_encoder_of_another_run(train) -> None:
    first = train("experiment=quick", *TINY, "trainer.max_epochs=1")
    best = first / "checkpoints" / "best.ckpt"
    second = train(
        *("experiment=quick", *TINY, "trainer.max_epochs=1"),
        *(f"task.encoder={best}", "model.optimizer.lr=0", "model.ema=null", "seed=5"),
    )
    ours, theirs = weights(second / "checkpoints" / "best.ckpt"), weights(best)
    kept = [n for n in ours if n.startswith("encoder.") and n.endswith("weight")]
    assert len(kept) > 3
    assert all(torch.equal(ours[name], theirs[name]) for name in kept)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["data.made=null"], "there is nothing to learn from"),
        (["task.near=composer"], "'task.near' must be recording, class or a column"),
        (["task.interactions=none.csv"], "there is no table of interactions none.csv"),
        (["data.batch_size=7"], "'data.batch_size' must be even"),
        (["task.liked_share=2"], "'task.liked_share' must be from 0 to 1"),
        (["task.window=0.9"], "no recording of it is longer than two windows of 0.9 s"),
    ],
)
@pytest.mark.slow
def test_what_makes_no_sense_is_said_in_a_sentence(train, settings, said) -> None:
    done = train("experiment=quick", *TINY, *settings, fails=True)
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_without_labels_recordings_of_one_source_come_to_lie_together(train) -> None:
    """The same network without training reaches a mean average precision of 0.275."""
    figures = models.figures(train("experiment=quick"))
    assert figures["test/classes/map"] > 0.4
    assert figures["test/retrieval/map"] > 0.5


@pytest.mark.long
def test_what_people_like_is_recommended_though_nobody_was_seen_to_like_it(train) -> None:
    heard = models.figures(train("experiment=listening", "task.liked_share=0"))
    liked = models.figures(train("experiment=listening"))
    assert liked["test/liked/recall_at_10"] > 1.3 * heard["test/liked/recall_at_10"]
    assert liked["test/liked/map"] > 1.3 * heard["test/liked/map"]
