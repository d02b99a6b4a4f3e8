from __future__ import annotations

import pytest
from train_tiny_results import QUICK, figures, only_run, state

MANY = (*QUICK, "logger=many", "callbacks.last.every=1")
HOOK = "notify.webhook=https://localhost/services/hunter2"


@pytest.mark.slow
def test_all_loggers_at_once_go_on_with_their_own_runs(outside, tmp_path):
    pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
    pytest.importorskip("wandb", reason="wandb is not installed")
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    import mlflow

    assert outside(*MANY, HOOK, TINY_KILLED_AT="5").returncode == -9
    folder = only_run(tmp_path)
    done = outside(f"ckpt_path={folder}", "notify.webhook=null", "model.ema=0.9")
    assert done.returncode == 0, done.stderr
    assert state(folder)["status"] == "done"
    assert len(figures(folder, "step/loss")) == 16
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/logs/mlflow.db")
    (experiment,) = (e for e in client.search_experiments() if e.name == "tiny")
    (run,) = client.search_runs([experiment.experiment_id])  # one run, not two
    steps = {m.step for m in client.get_metric_history(run.info.run_id, "step/loss")}
    assert steps == set(range(16))
    assert run.data.params["model/optimizer/lr"] == "0.01"
    assert run.data.params["notify/webhook"] == "https://localhost/***"
    offline = {p.name.rpartition("-")[2] for p in (folder / "wandb").glob("offline-run-*")}
    assert len(offline) == 1  # two parts of one run
    assert list((folder / "tensorboard").glob("events.*"))
    assert "optimizer" in (folder / "tensorboard" / "hparams.yaml").read_text()
    told = [p for name in ("wandb", "tensorboard") for p in (folder / name).rglob("*")]
    told += [tmp_path / "logs" / "mlflow.db", *(folder / "checkpoints").iterdir()]
    assert not any(b"hunter2" in path.read_bytes() for path in told if path.is_file())
