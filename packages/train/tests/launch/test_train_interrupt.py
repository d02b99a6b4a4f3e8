"""Ctrl-C in the middle of training: a clean end, from which the run goes on."""

from __future__ import annotations

import contextlib
import json
import re
import signal

import pytest
import torch
from train_tiny_results import QUICK, figures, only_run


def status(folder):
    return json.loads((folder / "manifest.json").read_bytes())["status"]


def step_of(checkpoint):
    return torch.load(checkpoint, weights_only=True)["global_step"]


def onward(done):
    """What an interrupted run says that it goes on with."""
    assert done.err.endswith("audioml: interrupted\n")
    return re.search(r"go on with: audioml train (ckpt_path=\S+)", done.err)[1]


def test_an_interrupted_run_says_how_it_goes_on_and_does(train, tmp_path, monkeypatch):
    monkeypatch.setenv("TINY_INTERRUPTED_AT", "11")  # the second epoch begins at 8
    done = train(*QUICK, code=130)
    assert "this step is finished and kept; Ctrl-C once more ends at once" in done.err
    folder = only_run(tmp_path)
    assert status(folder) == "interrupted"
    assert step_of(folder / "checkpoints" / "last.ckpt") == 12  # steps from 0 to 11
    monkeypatch.delenv("TINY_INTERRUPTED_AT")
    train(onward(done))
    assert only_run(tmp_path) == folder
    assert status(folder) == "completed"
    assert [step for step, *_ in figures(folder, "step/loss")] == list(range(16))


def test_ctrl_c_twice_ends_at_once(train, monkeypatch):
    monkeypatch.setenv("TINY_INTERRUPTED_AT", "2")
    monkeypatch.setenv("TINY_INTERRUPTED_TIMES", "2")
    assert "has no checkpoint yet" in train(*QUICK, code=130).err


def test_a_sweep_ends_at_once_and_goes_on_as_a_whole(train, tmp_path, monkeypatch):
    monkeypatch.setenv("TINY_INTERRUPTED_AT", "5")
    done = train("-m", *QUICK, "trainer.max_epochs=1", "seed=1,2", code=130)
    (folder,) = (tmp_path / "logs" / "tiny" / "multiruns").iterdir()
    assert not (folder / "1" / "metrics.csv").exists()
    monkeypatch.delenv("TINY_INTERRUPTED_AT")
    assert onward(done).endswith(f"multiruns/{folder.name}")
    assert train(onward(done)).out.count("done") == 2


@pytest.mark.parametrize("bug_at", [3, "null"])
def test_a_run_that_is_over_no_longer_hears_ctrl_c(train, bug_at):
    fails = contextlib.nullcontext() if bug_at == "null" else pytest.raises(ZeroDivisionError)
    with fails:
        train(*QUICK, f"task.trouble.bug_at={bug_at}")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
