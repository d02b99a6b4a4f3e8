from __future__ import annotations

import pytest

from audioml.train.module import CSVLog, TensorBoardLog


def rows(folder):
    return (folder / "metrics.csv").read_text().splitlines()


def test_a_table_goes_on_without_what_is_measured_again(tmp_path):
    log = CSVLog(str(tmp_path))
    for step in range(4):
        log.log_metrics({"step/loss": 1.0 / (step + 1)}, step)
    log.log_metrics({"val/loss": 0.5, "epoch": 0}, 3)
    whole = rows(tmp_path)
    again = CSVLog(str(tmp_path))
    again.go_on(2)
    assert rows(tmp_path) == whole[:3]
    for step in range(2, 4):
        again.log_metrics({"step/loss": 1.0 / (step + 1)}, step)
    again.log_metrics({"val/loss": 0.5, "epoch": 0}, 3)
    assert rows(tmp_path) == whole


def test_what_is_measured_a_second_time_after_the_last_step_is_one_row(tmp_path):
    log = CSVLog(str(tmp_path))
    log.log_metrics({"val/loss": 0.5}, 3)
    again = CSVLog(str(tmp_path))
    again.go_on(4)
    again.log_metrics({"val/loss": 0.5, "val/f1": 1.0}, 3)
    assert rows(tmp_path)[1:] == ["3,,val/loss,0.5", "3,,val/f1,1"]


def test_a_cut_off_row_is_dropped(tmp_path):
    log = CSVLog(str(tmp_path))
    log.log_metrics({"a": 1.0}, 0)
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("1,,a")
    CSVLog(str(tmp_path)).go_on(9)
    assert rows(tmp_path) == ["step,epoch,name,value", "0,,a,1"]


def test_tensorboard_hides_what_is_measured_again(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    first = TensorBoardLog(tmp_path, name="tb", version="")
    for step in range(4):
        first.log_metrics({"loss": float(step)}, step)
    first.finalize("failed")
    again = TensorBoardLog(tmp_path, name="tb", version="")
    again.go_on(2)
    again.log_metrics({"loss": 9.0}, 2)
    again.finalize("success")
    found = EventAccumulator(str(tmp_path / "tb"))
    found.Reload()
    assert [(e.step, e.value) for e in found.Scalars("loss")] == [(0, 0.0), (1, 1.0), (2, 9.0)]
