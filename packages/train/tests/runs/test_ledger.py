from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from audioml.core.errors import MissingDependencyError, NotFoundError, UsageError
from audioml.train.runs import Ledger, read_manifest
from audioml.train.runs.errors import LedgerError


@pytest.fixture
def three(recorded):
    return [
        recorded(
            metrics={"f1": 0.5, "loss": 1.0}, config={"lr": 0.1, "name": "small", "aug": True}
        ),
        recorded(metrics={"f1": 0.9, "loss": float("nan")}, config={"lr": 0.01, "name": "LARGE"}),
        recorded(
            task="notes", metrics={"f1": 0.7}, status="failed", error="it broke", config={"lr": 1}
        ),
    ]


def _ids(runs):
    return [run.id for run in runs]


def test_runs_come_back_as_they_were_recorded_the_latest_first(three, ledger, tmp_path):
    found = ledger().runs()
    assert _ids(found) == three[::-1]
    assert found[-1].manifest == read_manifest(tmp_path / "logs/chords/runs/run-0")
    assert found[-1].folder == tmp_path / "logs/chords/runs/run-0"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("metrics.f1 > 0.6", [1, 2]),
        ("metrics.f1 > 0.6 and status = 'completed'", [1]),
        ("metrics.f1 >= 0.9 or metrics.loss = 1", [0, 1]),
        ("metrics.loss = none", [1, 2]),
        ("metrics.loss != none", [0]),
        ("not metrics.loss = 1", [1, 2]),
        ("config.lr < 0.05", [1]),
        ("config.lr = 1", [2]),
        ("config.name ~ 'mal'", [0]),
        ("config.name = 'LARGE'", [1]),
        ("config.aug = true", [0]),
        ("config.aug = none", [1, 2]),
        ("task != 'chords'", [2]),
        ("error ~ 'broke'", [2]),
        ("seconds = 60 and started >= '2023'", [0, 1, 2]),
        ('config.name = "\' or 1=1 --"', []),
        ("config.name ~ '%'", []),
    ],
)
def test_conditions_choose_runs(three, ledger, where, expected):
    found = {three.index(run.id) for run in ledger().runs(where=where)}
    assert found == set(expected)


def test_task_status_since_and_limit_choose_runs(three, ledger):
    opened = ledger()
    assert _ids(opened.runs(task="notes")) == [three[2]]
    assert _ids(opened.runs(status="completed", limit=1)) == [three[1]]
    assert _ids(opened.runs(since=1_700_000_001.0)) == [three[2], three[1]]
    assert opened.runs(since="2024") == []


def test_order_is_by_any_metric_setting_or_field_with_the_absent_last(three, ledger):
    opened = ledger()
    assert _ids(opened.runs(order_by="-metrics.f1")) == [three[1], three[2], three[0]]
    assert _ids(opened.runs(order_by="metrics.loss"))[0] == three[0]
    assert _ids(opened.runs(order_by="-metrics.loss"))[0] == three[0]
    assert _ids(opened.runs(order_by="config.lr")) == [three[1], three[0], three[2]]
    assert _ids(opened.runs(order_by="started")) == three


def test_a_slip_in_a_name_is_said_with_a_suggestion(three, ledger):
    with pytest.raises(UsageError, match="did you mean loss"):
        ledger().runs(where="metrics.los > 1")
    with pytest.raises(UsageError, match="no run has a setting 'zzz'"):
        ledger().runs(order_by="config.zzz")


def test_a_run_is_found_by_the_beginning_of_its_id_or_by_its_folder(
    three, ledger, recorded, tmp_path
):
    opened = ledger()
    assert opened.find(three[0][:8]).id == three[0]
    assert opened.find(tmp_path / "logs/notes/runs/run-2").id == three[2]
    with pytest.raises(NotFoundError, match="'zz'"):
        opened.find("zz")
    with pytest.raises(NotFoundError):
        opened.find("%")
    with pytest.raises(NotFoundError):
        opened.find("")


def test_an_ambiguous_beginning_is_refused(ledger, recorded, monkeypatch):
    names = iter(["abc1", "abc2", "abc"])
    monkeypatch.setattr("secrets.token_hex", lambda n: next(names) if n == 6 else "00")
    for _ in range(2):
        recorded()
    with pytest.raises(UsageError, match="several runs begin with 'abc'"):
        ledger().find("abc")
    recorded()
    assert ledger().find("abc").id == "abc"


def test_all_logs_may_be_moved_together(three, tmp_path):
    (tmp_path / "logs").rename(tmp_path / "archive")
    opened = Ledger(tmp_path / "archive" / "runs.sqlite")
    assert opened.find(three[0]).folder == tmp_path / "archive/chords/runs/run-0"
    assert all(run.folder.is_dir() for run in opened.runs())


def test_a_moved_run_is_found_again_and_a_deleted_one_still_known(three, ledger, tmp_path):
    import shutil

    place = tmp_path / "logs" / "best"
    (tmp_path / "logs/chords/runs/run-1").rename(place)
    assert ledger().find(three[1]).folder == place
    assert {run.id: run.folder for run in ledger().runs()}[three[1]] == place
    shutil.rmtree(place)
    assert ledger().find(three[1]).metrics["f1"] == 0.9


def test_a_ledger_that_is_not_there_is_not_made_by_reading(ledger, tmp_path):
    with pytest.raises(NotFoundError, match="no run has been recorded"):
        ledger(create=False)
    assert not (tmp_path / "logs").exists()


def test_a_ledger_of_a_later_schema_is_refused(three, ledger, tmp_path):
    with sqlite3.connect(tmp_path / "logs/runs.sqlite") as connection:
        connection.execute("UPDATE audioml_ledger SET version = 99")
    with pytest.raises(LedgerError, match="upgrade"):
        ledger()


def test_a_ledger_of_an_earlier_schema_is_made_anew_from_what_it_holds(three, ledger, tmp_path):
    with sqlite3.connect(tmp_path / "logs/runs.sqlite") as connection:
        connection.execute("UPDATE audioml_ledger SET version = 0")
        connection.execute("DROP TABLE audioml_run_settings")
    found = ledger().runs(where="config.lr < 0.05")
    assert _ids(found) == [three[1]]
    assert found[0].folder == tmp_path / "logs/chords/runs/run-1"


def test_what_is_no_database_is_said(tmp_path):
    (tmp_path / "a.sqlite").write_text("this is no database, " * 100)
    with pytest.raises(LedgerError, match=r"a\.sqlite does not work: file is not a database"):
        Ledger(tmp_path / "a.sqlite")


def test_wrong_urls_are_said_without_their_passwords():
    with pytest.raises(MissingDependencyError, match="driver") as error:
        Ledger("nodatabase://me:hunter2@host/x")
    assert "hunter2" not in str(error.value)
    with pytest.raises(UsageError) as error:
        Ledger("://me:hunter2@host")
    assert "hunter2" not in str(error.value)


def test_a_ledger_in_memory_works(tmp_path, recorded):
    recorded()
    opened = Ledger("sqlite://")
    opened.add(read_manifest(tmp_path / "logs/chords/runs/run-0"), folder="somewhere")
    assert len(opened.runs()) == 1


_WRITER = """
import sys
from audioml.train.runs import record

url, folder = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    record(
        f"{folder}-{number}", task="chords", config={"worker": folder}, model=None, checkpoints={},
        metrics={"f1": number / 10}, artifacts=(), status="completed", started=float(number),
        ended=number + 1.0, source="/", ledger=url,
    )
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, url, str(tmp_path / f"worker{i}")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for i in range(3)
    ]
    for worker in workers:
        worker.stdout.readline()
    for worker in workers:  # the tables are made by all of them at once as well
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=120)
    assert [worker.returncode for worker in workers] == [0] * 3
    found = Ledger(url).runs()
    assert len(found) == 30
    assert len(Ledger(url).runs(where="metrics.f1 >= 0.9")) == 3


def test_a_reader_is_not_held_up_by_a_writer(three, ledger, tmp_path):
    opened = ledger()
    writer = sqlite3.connect(tmp_path / "logs/runs.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM audioml_runs")
    assert len(opened.runs()) == 3
    writer.execute("ROLLBACK")
    writer.close()
