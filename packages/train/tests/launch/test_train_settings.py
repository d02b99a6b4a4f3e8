from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest
from omegaconf import OmegaConf
from train_tiny_results import QUICK, figures, only_run, state


def settings(done):
    return OmegaConf.create(done.out)


@pytest.mark.parametrize("spelling", ["task=tiny", "+task=tiny", "++task=tiny"])
def test_every_spelling_of_a_task_is_understood(train, spelling):
    assert settings(train(spelling, "--cfg", "job")).task.count == 64


def test_the_settings_are_printed_and_nothing_is_run(train, tmp_path):
    shown = settings(train("--cfg", "job", "+task=tiny", "+experiment=quick", "seed=7"))
    assert (shown.seed, shown.trainer.max_epochs, shown.trainer.accelerator) == (7, 2, "cpu")
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("debug", "logger"), [("fdr", "none"), ("limit", "wandb"), ("overfit", "many")]
)
def test_groups_go_with_one_another(train, debug, logger):
    chosen = (f"debug={debug}", f"logger={logger}", "trainer=ddp", "callbacks=early_stopping")
    shown = settings(train("task=tiny", *chosen, "--cfg", "job"))
    assert shown.trainer.accelerator == "cpu"  # a debugger is of no use on a GPU
    assert shown.tags == ["debug"]


WRONG = {
    ("task=tiny", "trainer.max_epoch=3"): "did you mean 'trainer.max_epochs'",
    ("task=tiny", "lr=3"): "did you mean 'model.optimizer.lr'",
    ("task=tiny", "task.trouble.nan_att=3"): "did you mean 'task.trouble.nan_at'",
    ("task=tiny", "trainer=gpuu"): "did you mean 'gpu'",
    ("task=tiny", "logger=tensorbord"): "did you mean 'tensorboard'",
    ("task=tiny", "data=defualt"): "did you mean 'default'",
    ("task=tiny", "hydra/launcher=jobib"): "there is no hydra/launcher=jobib",
    ("task=tiny", "experiment=quik"): "did you mean 'quick'",
    ("task=tiny", "expermient=quick"): "did you mean 'experiment'",
    ("task=tinny",): "did you mean 'tiny'",
    ("taks=tiny",): "did you mean 'task'",
    (): "no task is named: audioml train task=NAME (there is: classification, embedding, heard,",
    ("--cfg", "job"): "no task is named: audioml train task=NAME (there is: ",
    ("data=default",): "no task is named: audioml train task=NAME (there is: ",
    ("-m", "seed=1,2"): "no task is named: audioml train task=NAME (there is: ",
    ("task=",): "no task is named: audioml train task=NAME (there is: ",
    ("task=tiny", "trainer.max_epochs"): "write NAME=VALUE",
    ("task=tiny", "seed=[1"): "write NAME=VALUE",
    ("task=tiny", "seed=${nothing}"): "nothing",
    ("-m", "task=tiny", "seed=choice(1,null)"): "NoneType is incompatible",
    ("task=tiny", "+trainer.max_epoch=3"): "did you mean 'max_epochs'",
    ("task=tiny", "trainer.accelerator=gppu"): "gppu",
    ("task=tiny", "model.optimizer._target_=torch.optim.Adan"): "torch.optim.Adan",
    ("task=tiny", "callbacks.best.monitor=val/los"): "did you mean 'val/loss'",
    ("task=tiny", "trainer.devices=many"): "trainer.devices",
    ("task=tiny", "trainer.devices=-2"): "should be an int > 0",
    ("task=tiny", "trainer.precision=bf17"): "Precision 'bf17' is invalid",
    ("task=tiny", "trainer.max_epochs=ten"): "must be a whole number of at least -1 or null, got",
    ("task=tiny", "trainer.log_every_n_steps=0"): "must be a whole number of at least 1, got 0",
    ("task=tiny", "data.batch_size=none"): "data.batch_size must be a whole number of at least 1",
    ("task=tiny", "model.ema=yes"): "model.ema must be a number from 0 to 1 or null, got 'yes'",
    ("task=tiny", "model.optimizer.lr=fast"): "model.optimizer.lr must be a number of at least 0",
    ("task=tiny", "optimized_mode=mni"): "optimized_mode must be min or max, got 'mni'",
    ("task=tiny", "export=1"): "export must be true or false, got 1",
    ("task=tiny", "callbacks.best.save_top_k=-9"): "Must be >= -1",
    ("task=tiny", "notify.on=never"): "notify.on must be always or success or failure, got 'never'",
    ("task=tiny", "--cgf", "job"): "there is no option --cgf; did you mean '--cfg'?",
    ("task=tiny", "--cfg", "jobs"): "--cfg takes job, hydra, all, got 'jobs'",
    ("-m", "task=tiny", "sead=1,2"): "did you mean 'seed'",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_slip_is_told_in_a_sentence(train, arguments):
    done = train(*arguments, code=2)
    assert WRONG[arguments] in done.err
    assert done.err.startswith("audioml: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_gpu_that_is_not_there_is_told_in_a_sentence(train, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for trainer in ("gpu", "ddp", "mps"):
        done = train("task=tiny", f"trainer={trainer}", code=3)
        assert "torch sees none here" in done.err
        assert done.err.count("\n") == 1


def test_a_place_where_no_run_can_be_kept(train, tmp_path):
    (tmp_path / "file").touch()
    done = train("task=tiny", "paths.logs=file", code=1)
    assert "audioml: cannot write " in done.err
    assert done.err.count("\n") == 1


def test_a_task_that_nobody_offers(train):
    assert "no installed plugin offers the task 'xyz'" in train("task=xyz", code=3).err


def test_a_task_that_lacks_half(train):
    assert "has no data, module, export" in train("task=lame", code=3).err


def test_a_task_may_add_commands(train):
    assert "Say hello." in train("--help").out
    assert train("greet").out == "hello\n"


@pytest.mark.parametrize(("word", "meant"), [("tiny", "task=tiny"), ("prepair", "prepare")])
def test_a_word_that_is_no_command(train, word, meant):
    assert f"Did you mean {meant!r}?" in train(word, code=2).err


def test_tasks_side_by_side(train, tmp_path):
    train("-m", "task=tiny,other", "experiment=quick", "trainer.max_epochs=1")
    (folder,) = (tmp_path / "logs" / "tiny+other" / "multiruns").iterdir()
    assert [state(folder / n)["task"] for n in "01"] == ["tiny", "other"]


def test_help_is_light():
    script = (
        "import sys; from audioml.core.cli.main import run; run(['train', '--help']);"
        "heavy = {'torch', 'hydra', 'lightning', 'numpy', 'omegaconf'} & set(sys.modules);"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "new-task" in done.stdout


def test_a_run_leaves_all_that_is_needed(train, tmp_path):
    done = train(*QUICK)
    folder = only_run(tmp_path)
    for name in ("resolved.yaml", "train.log", "metrics.csv", "manifest.json", "model/tiny.json"):
        assert (folder / name).is_file(), name
    assert {p.name for p in (folder / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert "epoch 1: " in (folder / "train.log").read_text()
    assert str(folder / "model") in done.out
    known = state(folder)
    best = min(value for *_, value in figures(folder, "val/loss"))
    assert known["metric"] == pytest.approx(best)
    assert known["metrics"]["test/mae"] > 0
    if importlib.util.find_spec("matplotlib"):
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert [each["path"] for each in manifest["artifacts"]] == ["plots/curves.png"]


def test_the_optimised_figure_is_returned(train, tmp_path, monkeypatch):
    from audioml.train.launch.main import launch

    done = launch([*QUICK, "trainer.max_epochs=1"])
    assert done.metric == pytest.approx(figures(only_run(tmp_path), "val/loss")[0][2])


@pytest.mark.parametrize("debug", ["fdr", "limit", "overfit", "profiler"])
def test_debugging(train, tmp_path, debug):
    train(*QUICK, f"debug={debug}", "trainer.max_epochs=3")
    folder = only_run(tmp_path)
    assert state(folder)["status"] == "done"
    steps = {"fdr": 0, "limit": 9, "overfit": 6, "profiler": 24}[debug]
    found = figures(folder, "step/loss") if (folder / "metrics.csv").exists() else []
    assert len(found) == steps
    if debug == "profiler":
        (profile,) = folder.glob("fit-profile*")
        assert "run_training_batch" in profile.read_text()


def test_bfloat16_and_gathered_gradients(train, tmp_path):
    train(*QUICK, "trainer.precision=bf16-mixed", "trainer.accumulate_grad_batches=2")
    assert [step for step, *_ in figures(only_run(tmp_path), "step/loss")] == list(range(8))


def test_early_stopping(train, tmp_path):
    train(
        *QUICK, "callbacks=early_stopping", "callbacks.early.patience=1", "model.optimizer.lr=0.0",
        "model.ema=null", "trainer.max_epochs=9",
    )  # fmt: skip
    assert len(figures(only_run(tmp_path), "val/loss")) == 2


def test_a_local_configuration_is_taken_in(train, tmp_path):
    (tmp_path / "mine" / "local").mkdir(parents=True)
    (tmp_path / "mine" / "local" / "default.yaml").write_text("# @package _global_\nseed: 99\n")
    done = train("task=tiny", "--config-dir", "mine", "--cfg", "job")
    assert settings(done).seed == 99
