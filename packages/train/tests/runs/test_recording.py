from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest

from audioml.core.errors import OutputError, UsageError
from audioml.train.runs import Manifest, read_manifest
from audioml.train.runs.errors import RunManifestError


def _manifest(tmp_path, name="run-0", task="chords"):
    return read_manifest(tmp_path / "logs" / task / "runs" / name)


def test_metrics_stay_numbers(recorded, tmp_path):
    torch = pytest.importorskip("torch")
    metrics = {
        "loss": np.float32(0.5),
        "test": {"f1": torch.tensor(0.25), "notes": 12},
        "good": np.bool_(True),
        "diverged": math.nan,
    }
    recorded(metrics=metrics)
    text = (tmp_path / "logs/chords/runs/run-0/manifest.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["metrics"] == {
        "loss": 0.5,
        "test/f1": 0.25,
        "test/notes": 12,
        "good": 1,
        "diverged": None,
    }


def test_a_metric_that_is_no_number_is_left_out_with_a_warning(recorded, tmp_path, caplog):
    recorded(metrics={"confusion": np.eye(3), "f1": 0.5})
    assert _manifest(tmp_path).metrics == {"f1": 0.5}
    assert "confusion" in caplog.text


def test_a_configuration_of_omegaconf_is_kept_resolved(recorded, tmp_path):
    omegaconf = pytest.importorskip("omegaconf")
    config = omegaconf.OmegaConf.create(
        {"rate": 16000, "model": {"rate": "${rate}", "depth": [1, 2]}}
    )
    recorded(config=config)
    assert _manifest(tmp_path).config == {"rate": 16000, "model": {"rate": 16000, "depth": [1, 2]}}


def test_times_are_in_utc_and_their_difference_is_kept(recorded, tmp_path):
    started = datetime(2025, 1, 31, 12, 0, tzinfo=UTC)
    recorded(started=started, ended=started.timestamp() + 90.5)
    manifest = _manifest(tmp_path)
    assert manifest.started == "2025-01-31T12:00:00.000Z"
    assert (manifest.ended, manifest.seconds) == ("2025-01-31T12:01:30.500Z", 90.5)


def test_an_error_is_one_sentence(recorded, tmp_path):
    recorded(status="failed", error=RuntimeError("shapes\n  differ"))
    recorded(status="failed", error=OutputError("cannot write x: the disk is full"))
    assert _manifest(tmp_path).error == "RuntimeError: shapes differ"
    assert _manifest(tmp_path, "run-1").error == "cannot write x: the disk is full"


def test_what_looks_like_a_credential_is_not_written_down(recorded, tmp_path):
    hook = "https://hooks.example.org/services/T0/B0/hunter2"
    config = {
        "notify": {"email": {"password": "hunter2", "credentials": "mail.toml"}, "webhook": hook},
        "again": {"webhook": {"url": hook}, "fallback": hook},
        "ledger": "postgresql://me:hunter2@host/db",
        "logger": {"apiKey": "hunter2", "hf_token": "hunter2", "wandb": {"api_key": "hunter2"}},
        "model": {
            "tokens": 512,
            "pad_token": "<p>",
            "low_pass": "8k",
            "token": 3,
            "n_tokens": "12",
            "author": "somebody",
        },
    }
    recorded(config=config, error=f"no answer from {hook}", status="failed")
    for path in (tmp_path / "logs").rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()
    kept = _manifest(tmp_path).config
    assert kept["model"] == config["model"]
    assert kept["notify"]["email"]["credentials"] == "mail.toml"
    assert kept["notify"]["webhook"] == "https://hooks.example.org/***"


def test_paths_are_seen_from_the_folder_of_the_run(recorded, tmp_path):
    folder = tmp_path / "logs" / "chords" / "runs" / "run-0"
    (folder / "checkpoints").mkdir(parents=True)
    recorded(
        model=folder / "model",
        checkpoints={
            "best": folder / "checkpoints/b.ckpt",
            "last": None,
            "other": "/elsewhere/c.ckpt",
        },
    )
    manifest = _manifest(tmp_path)
    assert manifest.model == "model"
    assert manifest.checkpoints == {"best": "checkpoints/b.ckpt", "other": "/elsewhere/c.ckpt"}


def test_a_run_that_ends_keeps_the_id_and_the_code_of_its_start(
    recorded, ledger, tmp_path, run_git
):
    run_git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("logs/\n")
    first = recorded(name="a", status="running", started=1.0, ended=None)
    at_start = _manifest(tmp_path, "a").git
    (tmp_path / "edited.py").write_text("while it runs")
    assert recorded(name="a", status="completed", started=1.0, metrics={"f1": 1.0}) == first
    assert _manifest(tmp_path, "a").git == at_start
    (run,) = ledger().runs()
    assert (run.manifest.status, run.metrics) == ("completed", {"f1": 1.0})


def test_a_copied_folder_is_another_run_and_a_moved_one_the_same(recorded, tmp_path):
    import shutil

    first = recorded(name="a")
    runs = tmp_path / "logs/chords/runs"
    shutil.copytree(runs / "a", runs / "b")
    assert recorded(name="b") != first
    (runs / "a").rename(runs / "c")
    assert recorded(name="c") == first


def test_an_unknown_status_is_refused(recorded):
    with pytest.raises(UsageError, match="'done'"):
        recorded(status="done")


def test_a_ledger_that_does_not_work_is_a_warning(recorded, tmp_path, caplog):
    (tmp_path / "broken.sqlite").write_text("this is no database, " * 100)
    recorded(ledger=str(tmp_path / "broken.sqlite"))
    assert _manifest(tmp_path).task == "chords"
    assert "--rebuild" in caplog.text


def test_the_password_of_a_ledger_is_not_in_its_warning(recorded, caplog):
    pytest.importorskip("psycopg")
    recorded(ledger="postgresql+psycopg://me:hunter2@127.0.0.1:1/none")
    assert "me:***@127.0.0.1" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_manifest_that_cannot_be_written_is_an_error_and_leaves_the_old_one(
    recorded, tmp_path, monkeypatch
):
    recorded(name="a", metrics={"f1": 0.5})

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        recorded(name="a", metrics={"f1": 0.9})
    assert _manifest(tmp_path, "a").metrics == {"f1": 0.5}
    assert [p.name for p in (tmp_path / "logs/chords/runs/a").iterdir()] == ["manifest.json"]


def test_data_that_the_configuration_names_has_a_hash(recorded, tmp_path):
    data = tmp_path / "notes"
    data.mkdir()
    (data / "a.csv").write_text("1")
    recorded(config={"data": {"folder": str(data), "workers": 2, "missing": "/no/where"}})
    (data / "a.csv").write_text("2")
    recorded(config={"data": {"folder": str(data)}})
    one, two = (_manifest(tmp_path, f"run-{i}").data for i in (0, 1))
    assert (one["folder"]["files"], one["folder"]["bytes"]) == (1, 1)
    assert one["folder"]["sha256"] != two["folder"]["sha256"]
    assert list(one) == ["folder"]


def test_versions_and_machine_are_noted(recorded, tmp_path):
    import platform

    recorded()
    manifest = _manifest(tmp_path)
    assert manifest.libraries["python"] == platform.python_version()
    assert manifest.libraries["numpy"] == np.__version__
    assert "audioml-core" in manifest.libraries
    assert manifest.machine["cores"] >= 1


_HEAD = '{"audioml_run": 1, "id": "a", "task": "t", "status": "s", "started": ""'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not the manifest of a run"),
        ('{"name": "model"}', "not the manifest of a run"),
        ('{"audioml_run": 9}', "upgrade"),
        ('{"audioml_run": 1, "task": "a"}', "damaged"),
        (_HEAD + ', "metrics": []}', "damaged"),
        (_HEAD + ', "metrics": {"f1": "high"}}', "damaged"),
        (_HEAD + ', "artifacts": [1]}', "damaged"),
        (_HEAD + ', "folder": 3}', "damaged"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_damaged_manifest_is_refused_with_a_sentence(text, reason):
    with pytest.raises(RunManifestError, match=reason):
        Manifest.from_json(text)


def test_a_manifest_reads_back_as_it_was(recorded, tmp_path):
    recorded(metrics={"f1": 0.5}, config={"a": [1, None, "ü"]})
    manifest = _manifest(tmp_path)
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_a_key_typed_as_number_is_hidden_as_well(recorded, tmp_path):
    recorded(config={"smtp": {"password": 12345678}, "keys": [{"api_key": ["k12345678"]}]})
    assert "12345678" not in (tmp_path / "logs/chords/runs/run-0/manifest.json").read_text()
