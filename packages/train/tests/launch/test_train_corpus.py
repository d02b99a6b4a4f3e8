"""A task that hears a prepared corpus goes on in the middle of an epoch, as any other does."""

from __future__ import annotations

import json

import numpy as np
import pytest
from train_tiny_results import figures, only_run, state

from audioml.train.data import prepare

RATE = 4000
HEARD = ("task=heard", "experiment=quick", "data=heard", "data.batch_size=4")
OFTEN = ("callbacks.last.every=1",)


@pytest.fixture
def corpus(tmp_path):
    """Eight recordings of three windows, half of them loud; six are trained on, in 4 steps."""
    import soundfile

    for n in range(8):
        split = "train" if n < 6 else "val" if n == 6 else "test"
        path = tmp_path / "in" / split / ("loud" if n % 2 else "quiet") / f"{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(n).normal(0, 0.2 if n % 2 else 0.02, 3 * RATE // 4)
        soundfile.write(path, noise, RATE)
    where = {"source_path": tmp_path / "in", "destination_path": tmp_path / "corpus"}
    prepare(**where, parser="folders", label_ext=None, sample_rate=RATE, workers=1)
    return f"data.path={tmp_path / 'corpus'}"


@pytest.fixture
def unbroken(train, corpus, tmp_path):
    train(*HEARD, *OFTEN, corpus)
    folder = only_run(tmp_path, "heard")
    known = figures(folder)
    folder.rename(tmp_path / "unbroken")
    return known


def test_what_was_heard_is_recorded_with_its_hash(train, corpus, tmp_path):
    train(*HEARD, corpus, "trainer.max_epochs=1")
    manifest = json.loads((only_run(tmp_path, "heard") / "manifest.json").read_bytes())
    about = manifest["data"]["path"]
    assert (about["path"], about["method"]) == (str(tmp_path / "corpus"), "contents")
    assert len(about["sha256"]) == 64
    again = json.loads(json.dumps(manifest["data"]))
    (tmp_path / "corpus" / "report.json").write_text("{}")
    train(*HEARD, corpus, "trainer.max_epochs=1", "paths.logs=others/logs")
    (other,) = (tmp_path / "others" / "logs" / "heard" / "runs").iterdir()
    assert json.loads((other / "manifest.json").read_bytes())["data"] != again


@pytest.mark.slow
def test_a_run_that_was_killed_in_an_epoch_goes_on_to_the_same_losses(
    unbroken, train, outside, corpus, tmp_path
):
    assert outside(*HEARD, *OFTEN, corpus, TINY_KILLED_AT="6").returncode == -9
    folder = only_run(tmp_path, "heard")
    assert len(figures(folder, "step/loss")) == 6
    train(f"ckpt_path={folder}")
    assert figures(folder) == unbroken
    assert state(folder)["status"] == "done"


@pytest.mark.slow
@pytest.mark.parametrize(("at", "workers"), [(1, 0), (3, 1), (4, 0), (5, 0), (6, 1)])
def test_wherever_it_ended_and_whoever_reads(unbroken, train, corpus, tmp_path, at, workers):
    with pytest.raises(ZeroDivisionError):
        train(*HEARD, *OFTEN, corpus, f"task.trouble.bug_at={at}", f"data.workers={workers}")
    folder = only_run(tmp_path, "heard")
    train(f"ckpt_path={folder}", "task.trouble.bug_at=null", "data.workers=0")
    assert figures(folder) == unbroken


@pytest.mark.slow
def test_two_processes_share_the_windows_and_go_on(outside, corpus, tmp_path):
    pair = (*HEARD, corpus, "trainer=ddp_sim", "data.batch_size=2", *OFTEN)
    whole = outside(*pair)
    assert whole.returncode == 0, whole.stderr
    known = figures(only_run(tmp_path, "heard"))
    only_run(tmp_path, "heard").rename(tmp_path / "whole")
    assert outside(*pair, TINY_KILLED_AT="5").returncode == 1
    again = outside(f"ckpt_path={only_run(tmp_path, 'heard')}")
    assert again.returncode == 0, again.stderr
    assert figures(only_run(tmp_path, "heard")) == known


def test_other_windows_than_those_of_the_checkpoint_are_refused(train, corpus, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(*HEARD, *OFTEN, corpus, "task.trouble.bug_at=2")
    given = f"ckpt_path={only_run(tmp_path, 'heard')}"
    done = train(given, "task.trouble.bug_at=null", "seed=5", code=1)
    assert "seed=0, but here it is 5; resume with the same data" in done.err
    assert done.err.count("\n") == 1


def test_overfitting_hears_the_same_windows_in_each_epoch(train, corpus, tmp_path):
    given = ("debug=overfit", "trainer.max_epochs=3", "model.optimizer.lr=0.0")
    train(*HEARD, corpus, *given)
    losses = [value for *_, value in figures(only_run(tmp_path, "heard"), "step/loss")]
    assert abs(losses[0] - losses[1]) > 0.05 * losses[0]  # of two batches
    np.testing.assert_allclose(np.reshape(losses, (3, 2)), [losses[:2]] * 3, rtol=0.02)


@pytest.mark.slow
def test_each_fold_is_validated_on_once(train, corpus, tmp_path):
    train("-m", *HEARD, corpus, "data.folds=3", "data.fold=0,1,2", "trainer.max_epochs=1")
    (folder,) = (tmp_path / "logs" / "heard" / "multiruns").iterdir()
    losses = {state(folder / n)["metric"] for n in "012"}
    assert len(losses) == 3
