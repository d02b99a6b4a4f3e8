from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from audioml.core.errors import NotFoundError, UsageError
from audioml.train.runs.cli import compare, runs, show


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(command, *arguments):
        done = CliRunner().invoke(command, list(map(str, arguments)))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


@pytest.fixture
def two(recorded):
    return [
        recorded(metrics={"f1": 0.5}, config={"model": {"size": "small", "lr": 0.1}, "seed": 1}),
        recorded(metrics={"f1": 0.75, "acc": 1.0}, config={"model": {"size": "large"}, "seed": 1}),
    ]


def test_the_table_has_the_runs_with_their_metrics(call, two):
    lines = call(runs).splitlines()
    assert lines[0].split() == ["run", "task", "status", "started", "took", "f1", "acc", "folder"]
    assert [line.split()[0] for line in lines[1:]] == [two[1][:8], two[0][:8]]
    assert "0.75" in lines[1]


def test_rates_are_shown_only_where_they_are_asked_for(call, recorded):
    recorded(metrics={"lr-AdamW": 1e-5, "step/loss": 0.1, "val/f1": 0.5})
    assert call(runs).split()[:6] == ["run", "task", "status", "started", "took", "val/f1"]
    assert "lr-AdamW" in call(runs, "--columns", "lr-AdamW")


def test_the_table_is_sorted_and_filtered(call, two):
    first = call(runs, "--sort", "metrics.f1", "--columns", "f1").splitlines()[1]
    assert first.startswith(two[0][:8])
    assert two[0][:8] not in call(runs, "--where", "metrics.f1 > 0.6")
    assert call(runs, "--since", "1h") == "no runs\n"
    assert len(call(runs, "--since", "2023-01-01", "-n", "1").splitlines()) == 2


def test_json_is_the_manifests(call, two):
    found = json.loads(call(runs, "--json", "--sort", "started"))
    assert [run["id"] for run in found] == two
    assert found[0]["metrics"] == {"f1": 0.5}


def test_without_a_ledger_the_next_step_is_said(call):
    with pytest.raises(NotFoundError, match="--rebuild"):
        call(runs)


def test_a_ledger_is_rebuilt_on_the_spot(call, two, tmp_path):
    for path in (tmp_path / "logs").glob("runs.sqlite*"):
        path.unlink()
    assert two[0][:8] in call(runs, "--rebuild")


def test_a_ledger_may_be_named_by_the_environment(call, two, tmp_path, monkeypatch):
    (tmp_path / "logs").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("AUDIOML_LEDGER", str(tmp_path / "elsewhere/runs.sqlite"))
    assert two[0][:8] in call(runs)


@pytest.mark.parametrize("by", ["id", "folder"])
def test_show_tells_what_is_known(call, two, tmp_path, by):
    text = call(show, two[1][:6] if by == "id" else tmp_path / "logs/chords/runs/run-1")
    for said in (two[1], "completed", "1:00", "0.75", "model.size", "large", "versions: python"):
        assert said in text
    assert json.loads(call(show, two[1], "--json"))["config"]["model"] == {"size": "large"}


def test_compare_shows_what_differs_only(call, two):
    text = call(compare, *two)
    assert "model.size" in text
    assert "seed" not in text
    assert "seed" in call(compare, *two, "--all")
    made = json.loads(call(compare, *two, "--json"))
    assert made["metrics"] == {"f1": [0.5, 0.75], "acc": [None, 1.0]}
    assert made["config"] == {"model.size": ["small", "large"], "model.lr": [0.1, "-"]}


def test_compare_needs_two(call, two):
    with pytest.raises(UsageError, match="two runs or more"):
        call(compare, two[0])


def test_control_characters_of_a_name_do_not_reach_the_terminal(call, recorded):
    recorded(metrics={"f1\x1b[31m": 0.5}, task="chords")
    assert "\x1b" not in call(runs)


@pytest.mark.parametrize("text", ["yesterday", "7y", "2025-13-01", "", "999999w"])
def test_a_time_that_cannot_be_read_is_refused(text):
    from audioml.train.runs.since import moment

    with pytest.raises(UsageError, match="an age"):
        moment(text)


def test_commands_are_click_commands():
    assert all(isinstance(command, click.Command) for command in (runs, show, compare))
