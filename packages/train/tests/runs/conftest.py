from __future__ import annotations

import subprocess

import pytest


@pytest.fixture(autouse=True)
def _own_git(tmp_path, monkeypatch):
    """Keep the settings of git on this machine, and the ledger of this user, out of the tests."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "AUDIOML_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def run_git():
    def run(folder, *arguments):
        named = (
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-c",
            "init.defaultBranch=main",
        )
        subprocess.run(
            ["git", "-C", str(folder), *named, *arguments], check=True, capture_output=True
        )

    return run


@pytest.fixture
def recorded(tmp_path):
    """Return a function that records a run below ``logs`` and returns its id."""
    from audioml.train.runs import record

    count = iter(range(1000))

    def make(*, name=None, at=None, **given):
        number = next(count)
        at = 1_700_000_000.0 + number if at is None else at
        folder = (
            tmp_path / "logs" / given.get("task", "chords") / "runs" / (name or f"run-{number}")
        )
        about = {
            "task": "chords",
            "config": {},
            "metrics": {},
            "model": None,
            "checkpoints": {},
            "artifacts": None,
            "status": "completed",
            "started": at,
            "ended": at + 60,
            "source": tmp_path,
        }
        return record(folder, **{**about, **given})

    return make


@pytest.fixture
def ledger(tmp_path):
    """Return the ledger of what ``recorded`` records, opened when it is called."""
    from audioml.train.runs import Ledger

    return lambda **given: Ledger(tmp_path / "logs" / "runs.sqlite", **given)
