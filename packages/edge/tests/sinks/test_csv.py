from __future__ import annotations

import csv

import pytest

from audioml.core.errors import OutputError
from audioml.edge.sinks.base import Event
from audioml.edge.sinks.csv import Csv

BAD = Event("b", {"kind": "bad", "id": "b", "name": "x,\n.wav", "status": "bad", "reason": "empty"})


def table(folder) -> list[dict[str, str]]:
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def sink(tmp_path):
    made = Csv(folder=tmp_path)
    yield made
    made.close()


def test_a_row_for_each_record_and_a_column_for_each_label(tmp_path, sink, batch) -> None:
    sink.deliver(
        batch(0, 1, status="ok", flags=["short", "silent"], scores={"a b": 0.5, "c": None})
    )
    assert table(tmp_path) == [
        {
            "id": "0" * 20,
            "kind": "window",
            "name": "a.wav",
            "time": "",
            "t_start": "0.0",
            "t_end": "",
            "status": "ok",
            "flags": "short silent",
            "value": "",
            "a b": "0.5",
            "c": "",
        }
    ]


def test_the_columns_of_labels_come_when_the_first_scores_do(tmp_path, sink, batch) -> None:
    sink.deliver([BAD])
    sink.deliver([BAD, *batch(0, 1)])
    rows = table(tmp_path)
    assert [(r["name"], r["value"], r["dog"]) for r in rows] == [
        ("x,\\n.wav", "empty", ""),
        ("a.wav", "", "0.25"),
    ]


def test_other_labels_need_another_file(tmp_path, sink, batch) -> None:
    sink.deliver(batch(0, 1))
    whole = (tmp_path / "results.csv").read_bytes()
    for other in (sink, Csv(folder=tmp_path)):
        with pytest.raises(OutputError, match=r"column 'cat', but has .*music; name another file"):
            other.deliver(batch(1, 2, scores={"cat": 1.0}))
        other.close()
    assert (tmp_path / "results.csv").read_bytes() == whole


def test_a_file_of_someone_else_stays_as_it_is(tmp_path, sink, batch) -> None:
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    with pytest.raises(OutputError, match="has a, b; name another file"):
        sink.deliver(batch(0, 1))
    assert (tmp_path / "results.csv").read_text() == "a,b\n1,2\n"


def test_labels_can_be_given_and_may_be_called_like_a_column(tmp_path, batch) -> None:
    sink = Csv(folder=tmp_path, labels="time,music,dog")
    sink.deliver(batch(0, 1, scores={"dog": 1.0}))
    sink.deliver(batch(1, 2, scores={"time": 0.5}))
    sink.close()
    assert [(r["score time"], r["dog"]) for r in table(tmp_path)] == [("", "1.0"), ("0.5", "")]
    with pytest.raises(OutputError, match="column 'cat'"):
        Csv("new.csv", folder=tmp_path, labels=["a"]).deliver(batch(0, 1, scores={"cat": 1}))
