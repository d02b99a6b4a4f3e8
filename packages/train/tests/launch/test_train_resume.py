from __future__ import annotations

import pytest
from train_tiny_results import QUICK, figures, only_run, state

CURVE = ("step/loss", "train/loss", "val/loss", "val/mae", "lr-AdamW")
OFTEN = ("callbacks.last.every=1",)


@pytest.fixture
def unbroken(train, tmp_path):
    train(*QUICK, *OFTEN)
    folder = only_run(tmp_path)
    known = figures(folder)
    folder.rename(tmp_path / "unbroken")
    return known


def test_a_run_that_was_killed_goes_on_to_the_same_losses(unbroken, train, outside, tmp_path):
    killed = outside(*QUICK, *OFTEN, TINY_KILLED_AT="5")
    assert killed.returncode == -9
    folder = only_run(tmp_path)
    assert state(folder)["status"] == "running"
    train(f"ckpt_path={folder}")
    assert only_run(tmp_path) == folder  # the same run goes on
    assert figures(folder) == unbroken
    assert state(folder)["status"] == "done"


@pytest.mark.slow
# 8 steps an epoch: in the middle, at the last one, at the first one of the second epoch
@pytest.mark.parametrize("at", [1, 7, 8, 9, 15])
def test_wherever_it_ended(unbroken, train, tmp_path, at):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, *OFTEN, f"task.trouble.bug_at={at}")
    folder = only_run(tmp_path)
    train(f"ckpt_path={folder}/checkpoints/last.ckpt", "task.trouble.bug_at=null")
    assert figures(folder, *CURVE) == [row for row in unbroken if row[1] in CURVE]


@pytest.mark.slow
@pytest.mark.parametrize("every", [3, "null"])
def test_what_was_done_after_the_checkpoint_is_done_again(unbroken, train, tmp_path, every):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, f"callbacks.last.every={every}", "task.trouble.bug_at=11")
    folder = only_run(tmp_path)
    train(f"ckpt_path={folder}", "task.trouble.bug_at=null")
    assert figures(folder) == unbroken


@pytest.mark.slow
def test_reading_in_workers_changes_nothing(unbroken, train, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, *OFTEN, "task.trouble.bug_at=5", "data.workers=1")
    folder = only_run(tmp_path)
    train(f"ckpt_path={folder}", "task.trouble.bug_at=null", "data.workers=0")
    assert figures(folder) == unbroken


def test_a_finished_run_goes_on_for_more_epochs(train, tmp_path):
    train(*QUICK, "trainer.max_epochs=1")
    folder = only_run(tmp_path)
    train(f"ckpt_path={folder}", "trainer.max_epochs=2")
    assert [step for step, *_ in figures(folder, "step/loss")] == list(range(16))


def test_a_checkpoint_alone_begins_a_run_of_its_own(train, tmp_path):
    train(*QUICK, "trainer.max_epochs=1")
    first = only_run(tmp_path).rename(tmp_path / "first")
    (first / "checkpoints" / "last.ckpt").rename(tmp_path / "alone.ckpt")
    train(*QUICK, "ckpt_path=alone.ckpt")
    assert figures(only_run(tmp_path), "step/loss")[0][0] == 8


def test_a_run_without_a_checkpoint_cannot_go_on(train, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, "task.trouble.bug_at=1")
    done = train(f"ckpt_path={only_run(tmp_path)}", code=1)
    assert "before its first checkpoint" in done.err
    assert done.err.count("\n") == 1


def test_another_length_of_epochs_is_refused(train, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, *OFTEN, "task.trouble.bug_at=3")
    done = train(f"ckpt_path={only_run(tmp_path)}", "data.batch_size=16", code=1)
    assert "same data, batch size and processes" in done.err
