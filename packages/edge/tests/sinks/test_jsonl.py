from __future__ import annotations

import json

from audioml.edge.sinks.base import Event
from audioml.edge.sinks.jsonl import Jsonl


def test_one_line_a_record_kind_and_id_first(tmp_path, batch) -> None:
    sink = Jsonl("out.jsonl", folder=tmp_path)
    sink.deliver(batch(0, 2))
    sink.close()
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [dict(e.data) for e in batch(0, 2)]
    assert lines[0].startswith('{"kind": "window", "id": "00000000000000000000", ')


def test_nan_is_null_and_any_name_is_ascii(tmp_path) -> None:
    sink = Jsonl(folder=tmp_path)
    data = {"name": "\udce9\u2028ä", "scores": {"a": float("nan"), "b": [float("inf"), 1]}}
    sink.deliver([Event('odd "id"', data)])
    sink.deliver([Event('odd "id"', data)])
    sink.close()
    (line,) = (tmp_path / "results.jsonl").read_text("ascii").splitlines()
    assert json.loads(line)["scores"] == {"a": None, "b": [None, 1]}
    assert json.loads(line)["name"] == data["name"]
