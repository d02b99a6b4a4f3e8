from __future__ import annotations

import shutil

from audioml.train.runs import Ledger
from audioml.train.runs.rebuilding import rebuild


def test_a_lost_ledger_is_made_again_from_the_manifests(recorded, ledger, tmp_path):
    ids = {recorded(metrics={"f1": 0.5}), recorded(task="notes")}
    for path in (tmp_path / "logs").glob("runs.sqlite*"):
        path.unlink()
    opened = ledger()
    assert rebuild(opened, tmp_path / "logs").found == 2
    assert {run.id for run in opened.runs()} == ids
    assert len(opened.runs(where="metrics.f1 = 0.5")) == 1


def test_moved_and_deleted_runs_are_told_apart(recorded, ledger, tmp_path):
    moved, deleted, stays = recorded(), recorded(), recorded()
    runs = tmp_path / "logs/chords/runs"
    (tmp_path / "logs/kept").mkdir()
    (runs / "run-0").rename(tmp_path / "logs/kept/first")
    shutil.rmtree(runs / "run-1")
    opened = ledger()
    made = rebuild(opened, tmp_path / "logs")
    assert (made.found, made.moved, made.gone) == (2, 1, (deleted,))
    assert {run.id for run in opened.runs()} == {moved, deleted, stays}
    rebuild(opened, tmp_path / "logs", prune=True)
    assert {run.id for run in opened.runs()} == {moved, stays}
    assert opened.find(moved).folder == tmp_path / "logs/kept/first"


def test_of_a_run_and_its_copy_the_original_counts(recorded, ledger, tmp_path):
    recorded()
    runs = tmp_path / "logs/chords/runs"
    shutil.copytree(runs / "run-0", runs / "a-copy")
    shutil.copytree(runs / "run-0", runs / "z-copy")
    opened = ledger()
    rebuild(opened, tmp_path / "logs")
    assert [run.folder for run in opened.runs()] == [runs / "run-0"]


def test_files_of_others_are_passed_over_and_damaged_ones_named(recorded, ledger, tmp_path, caplog):
    recorded()
    for name, text in (
        ("web", '{"name": "an app"}'),
        ("cut", '{\n  "audioml_run": 1,\n  "id": "a'),
    ):
        (tmp_path / "logs" / name).mkdir()
        (tmp_path / "logs" / name / "manifest.json").write_text(text)
    assert rebuild(ledger(), tmp_path / "logs").found == 1
    assert "cut" in caplog.text
    assert "web" not in caplog.text


def test_another_folder_may_be_read_into_a_ledger(recorded, tmp_path):
    recorded()
    opened = Ledger(tmp_path / "other.sqlite")
    rebuild(opened, tmp_path / "logs")
    assert len(opened.runs()) == 1
