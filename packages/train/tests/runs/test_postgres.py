"""The ledger in PostgreSQL, where a server can be started; skipped elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audioml.train.runs import Ledger, read_manifest


@pytest.fixture
def postgres(tmp_path):
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    tool = shutil.which("pg_ctl") or (str(found[-1]) if found else None)
    if tool is None:
        pytest.skip("PostgreSQL is not installed")
    as_other = []
    data = tmp_path / "pg"
    data.mkdir()
    if os.geteuid() == 0:  # it does not run as root
        as_other = ["runuser", "-u", "postgres", "--"]
        for folder in (data, *data.parents):
            if folder.is_relative_to("/tmp/pytest-of-root"):
                folder.chmod(0o755)
        shutil.chown(data, "postgres")

    def control(*arguments):
        command = [*as_other, tool, "-D", str(data / "db"), "-w", *arguments]
        return subprocess.run(command, capture_output=True, check=False, timeout=60, cwd="/")

    control("initdb", "-o", "-A trust -U audioml --no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={data} -c fsync=off"
    if control("start", "-l", str(data / "log"), "-o", options).returncode:
        pytest.skip("PostgreSQL does not start here")
    yield f"postgresql+psycopg://audioml@/postgres?host={data}"
    control("stop", "-m", "immediate")


@pytest.mark.slow
def test_the_ledger_works_in_postgres(postgres, recorded, tmp_path):
    ids = [
        recorded(ledger=postgres, metrics={"f1": 0.5}, config={"lr": 0.1, "name": "a"}),
        recorded(ledger=postgres, metrics={"f1": float("nan")}, config={"name": "b"}),
        recorded(ledger=postgres, metrics={"f1": 0.9}, config={"lr": 0.01}),
    ]
    opened = Ledger(postgres)
    assert [run.id for run in opened.runs(order_by="-metrics.f1")] == [ids[2], ids[0], ids[1]]
    where = "not (metrics.f1 > 0.6 or config.name ~ 'b') and dirty = none and config.lr < 1"
    assert [run.id for run in opened.runs(where=where)] == [ids[0]]
    manifest = read_manifest(tmp_path / "logs/chords/runs/run-0")
    opened.add(manifest, folder="/elsewhere")
    assert opened.find(ids[0][:7]).folder == Path("/elsewhere")
    opened.forget(ids[:2])
    assert len(opened.runs()) == 1
