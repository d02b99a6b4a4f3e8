from __future__ import annotations

import pytest
from train_tiny_results import QUICK, figures, only_run, state

PAIR = (*QUICK, "trainer=ddp_sim")


@pytest.mark.slow
def test_two_processes_train_together(outside, tmp_path):
    done = outside(*PAIR)
    assert done.returncode == 0, done.stderr
    folder = only_run(tmp_path)  # one folder, not one a process
    assert [step for step, *_ in figures(folder, "step/loss")] == list(range(8))  # 4 each epoch
    best = min(v for *_, v in figures(folder, "val/loss"))
    assert state(folder)["metric"] == pytest.approx(best)
    assert (folder / "model" / "tiny.json").is_file()


@pytest.mark.slow
def test_one_that_is_killed_ends_the_other_and_both_go_on(outside, tmp_path):
    whole = outside(*PAIR, "callbacks.last.every=1")
    assert whole.returncode == 0, whole.stderr
    known = figures(only_run(tmp_path))
    only_run(tmp_path).rename(tmp_path / "whole")
    done = outside(*PAIR, "callbacks.last.every=1", TINY_KILLED_AT="5")
    assert done.returncode == 1
    assert "was ended by signal 9; go on with ckpt_path=" in done.stderr
    folder = only_run(tmp_path)
    again = outside(f"ckpt_path={folder}")
    assert again.returncode == 0, again.stderr
    assert figures(folder) == known


@pytest.mark.slow
def test_what_one_cannot_do_is_told_once(outside):
    done = outside(*PAIR, "task.trouble.nan_at=3")
    assert done.returncode == 1
    assert done.stderr.count("no finite number any more at step 4") == 1
    assert "Traceback" not in done.stderr
