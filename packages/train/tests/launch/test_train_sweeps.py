from __future__ import annotations

import pytest
from train_tiny_results import QUICK, figures, state

SWEEP = ("-m", *QUICK, "trainer.max_epochs=1", "callbacks.last.every=1")


def sweep(root):
    (folder,) = (root / "logs" / "tiny" / "multiruns").iterdir()
    return folder


def test_a_sweep_trains_once_for_each_value(train, tmp_path):
    done = train(*SWEEP, "seed=1,2")
    losses = [state(sweep(tmp_path) / str(n))["metric"] for n in range(2)]
    assert losses[0] != losses[1]
    assert all(f"{loss:.6g}" in done.out for loss in losses)


def test_a_sweep_goes_on_after_a_run_that_failed_and_then_with_it(train, tmp_path):
    done = train(*SWEEP, "task.trouble.nan_at=3,null", "seed=1,2", code=1)
    folder = sweep(tmp_path)
    known = [state(folder / str(n)) for n in range(4)]
    assert [each["status"] for each in known] == ["failed", "failed", "done", "done"]
    assert done.err.count("did not end well") == 2
    before = (folder / "2" / "metrics.csv").stat().st_mtime_ns
    train(f"ckpt_path={folder}", code=1)
    assert sweep(tmp_path) == folder
    assert (folder / "2" / "metrics.csv").stat().st_mtime_ns == before  # what is done is not redone
    assert [state(folder / str(n))["metric"] for n in (2, 3)] == [k["metric"] for k in known[2:]]


def test_a_bug_in_one_run_of_a_sweep_is_not_the_end_of_the_others(train, tmp_path):
    done = train(*SWEEP, "task.trouble.bug_at=2,null", code=1)
    assert [state(sweep(tmp_path) / n)["status"] for n in "01"] == ["failed", "done"]
    assert "ZeroDivisionError" in done.err


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(train, outside, tmp_path):
    train(*SWEEP, "task.count=32,64")
    whole = [figures(sweep(tmp_path) / n) for n in "01"]
    sweep(tmp_path).rename(tmp_path / "whole")
    killed = outside(*SWEEP, "task.count=32,64", TINY_KILLED_AT="5")  # in the second run
    assert killed.returncode == -9
    folder = sweep(tmp_path)
    assert [state(folder / n)["status"] for n in "01"] == ["done", "running"]
    first = state(folder / "0")
    done = train(f"ckpt_path={folder}", code=0)
    assert done.out.count("done") == 2
    assert [figures(folder / n) for n in "01"] == whole
    assert state(folder / "0")["metric"] == first["metric"]


LAUNCHERS = {
    "joblib": ("hydra_joblib_launcher", "hydra.launcher.n_jobs=2"),
    "submitit_local": ("hydra_submitit_launcher", "hydra.launcher.timeout_min=5"),
    "ray": ("hydra_ray_launcher", "+hydra.launcher.ray.init.num_cpus=2"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_trains_elsewhere_and_goes_on(outside, tmp_path, name):
    plugin, setting = LAUNCHERS[name]
    pytest.importorskip(f"hydra_plugins.{plugin}", reason=f"{plugin} is not installed")
    done = outside(*SWEEP, "seed=1,2", f"hydra/launcher={name}", setting)
    assert done.returncode == 0, done.stderr
    assert [state(sweep(tmp_path) / n)["status"] for n in "01"] == ["done", "done"]
    again = outside(f"ckpt_path={sweep(tmp_path).relative_to(tmp_path)}")
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout  # and nothing was trained again


OPTUNA = (*QUICK, "hparams_search=optuna", "hydra.sweeper.n_trials=4", "callbacks.last.every=1")


def asked(folder):
    """What each run of a sweep was asked to try."""
    return [[o for o in state(folder / n)["overrides"] if o.startswith("model.")] for n in "0123"]


@pytest.mark.slow
def test_a_search_by_optuna_goes_on_with_the_same_questions(outside, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="no hydra-optuna-sweeper")
    whole = outside(*OPTUNA, "trainer.max_epochs=1")
    assert whole.returncode == 0, whole.stderr
    assert "Directions: ['minimize']" in whole.stderr
    known = asked(sweep(tmp_path)), [state(sweep(tmp_path) / n)["metric"] for n in "0123"]
    assert len({str(each) for each in known[0]}) == 4
    sweep(tmp_path).rename(tmp_path / "whole")
    killed = outside(*OPTUNA, "trainer.max_epochs=1", TINY_KILLED_AT="5")
    assert killed.returncode == -9
    folder = sweep(tmp_path)
    assert state(folder / "0")["status"] == "running"
    again = outside(f"ckpt_path={folder}")
    assert again.returncode == 0, again.stderr
    assert (asked(folder), [state(folder / n)["metric"] for n in "0123"]) == known


@pytest.mark.slow
def test_a_search_goes_the_way_of_the_figure_and_over_trials_that_fail(outside, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="no hydra-optuna-sweeper")
    given = ("trainer.max_epochs=1", "optimized_mode=max", "task.trouble.nan_at=choice(3,99)")
    done = outside(*OPTUNA, *given)
    assert "Directions: ['maximize']" in done.stderr
    found = [state(sweep(tmp_path) / n)["status"] for n in "0123"]
    assert set(found) == {"done", "failed"}
    assert done.returncode == 1
    assert done.stderr.count("did not end well") == found.count("failed")
    assert "Traceback" not in done.stderr
    best = max(s["metric"] for n in "0123" if (s := state(sweep(tmp_path) / n))["metric"])
    assert f"Best value: {best}" in done.stderr
