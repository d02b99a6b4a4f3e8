from __future__ import annotations

import json
import pickle
import resource
from pathlib import Path

import pytest
from train_tiny_results import QUICK, figures, only_run, state

OFTEN = ("callbacks.last.every=1",)


def sentence(done) -> str:
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    return done.err


def test_a_loss_that_is_no_number_ends_the_run(train, tmp_path):
    from audioml.train.module import read

    done = train(*QUICK, *OFTEN, "task.trouble.nan_at=5", code=1)
    assert "no finite number any more at step 6" in sentence(done)
    kept = read(only_run(tmp_path) / "checkpoints" / "last.ckpt")
    assert kept["global_step"] == 5
    assert all(v.isfinite().all() for v in kept["state_dict"].values() if v.is_floating_point())


def test_it_is_noticed_before_validation_though_seldom_asked(train, tmp_path):
    done = train(*QUICK, "trainer.log_every_n_steps=1000", "task.trouble.nan_at=10", code=1)
    assert "at step 11" in sentence(done)
    folder = only_run(tmp_path)
    assert len(figures(folder, "val/loss")) == 1
    assert (folder / "checkpoints" / "best.ckpt").is_file()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["status"] == "failed"
    assert "no finite number" in manifest["error"]


class Malice:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("form", ["pickle", "torch"])
def test_a_checkpoint_that_would_run_code_is_refused(train, tmp_path, form):
    import torch

    evil = tmp_path / "evil.ckpt"
    if form == "torch":
        torch.save({"state_dict": Malice(tmp_path / "harm")}, evil)
    else:
        evil.write_bytes(pickle.dumps(Malice(tmp_path / "harm")))
    done = train(*QUICK, "ckpt_path=evil.ckpt", code=1)
    assert "would run code" in sentence(done) or "is no checkpoint" in sentence(done)
    assert not (tmp_path / "harm").exists()


def test_a_checkpoint_of_another_task_is_refused(train, tmp_path):
    train(*QUICK, "trainer.max_epochs=1")
    folder = only_run(tmp_path)
    done = train("task=other", "experiment=quick", f"ckpt_path={folder}", code=2)
    assert "is a run of the task 'tiny', not of 'other'" in sentence(done)
    (folder / "checkpoints" / "last.ckpt").rename(tmp_path / "alone.ckpt")
    done = train("task=other", "experiment=quick", "ckpt_path=alone.ckpt", code=2)
    assert "of the task 'tiny', and cannot go on as 'other'" in sentence(done)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_what_is_no_checkpoint_is_refused(train, tmp_path, content):
    broken = tmp_path / "broken.ckpt"
    if content is None:
        import torch

        torch.save({"state_dict": torch.zeros(1000)}, broken)
        broken.write_bytes(broken.read_bytes()[:2000])
    else:
        broken.write_bytes(content)
    assert "is no checkpoint" in sentence(train(*QUICK, "ckpt_path=broken.ckpt", code=1))


def test_a_checkpoint_that_is_not_there(train):
    assert "there is nothing to go on with" in sentence(train(*QUICK, "ckpt_path=no", code=3))


def test_a_full_disk_leaves_the_earlier_checkpoints_whole(train, tmp_path, monkeypatch):
    from audioml.train.module import SafeCheckpointIO, read

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    honest = SafeCheckpointIO.save_checkpoint

    def narrow(self, checkpoint, path, storage_options=None):
        if checkpoint["global_step"] < 4:
            honest(self, checkpoint, path, storage_options)
            return
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
        try:
            honest(self, checkpoint, path, storage_options)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr(SafeCheckpointIO, "save_checkpoint", narrow)
    done = train(*QUICK, *OFTEN, code=1)
    assert "cannot write" in sentence(done)
    assert "last.ckpt: File too large" in done.err
    kept = only_run(tmp_path) / "checkpoints"
    assert [path.name for path in kept.iterdir()] == ["last.ckpt"]  # nothing half-written
    assert read(kept / "last.ckpt")["global_step"] == 3


def test_a_bug_of_a_plugin_stays_one(train, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(*QUICK, "task.trouble.bug_at=1")
    assert state(only_run(tmp_path))["error"] == "ZeroDivisionError: a bug of the plugin"
