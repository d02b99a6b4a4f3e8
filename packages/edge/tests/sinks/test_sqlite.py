from __future__ import annotations

import json
import sqlite3
import threading

import pytest

from audioml.core.errors import OutputError
from audioml.edge.sinks.base import Event
from audioml.edge.sinks.sqlite import Sqlite


def rows(path, what: str = "*") -> list[tuple]:
    database = sqlite3.connect(path)
    try:
        return database.execute(f"select {what} from events order by rowid").fetchall()
    finally:
        database.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.sqlite"


@pytest.fixture
def sink(tmp_path):
    made = Sqlite(folder=tmp_path)
    yield made
    made.close()


def test_each_record_is_a_row_once(sink, path, batch) -> None:
    sink.deliver(batch(0, 2))
    sink.deliver(batch(1, 3))
    assert rows(path, "id, kind, name, t_start") == [
        (e.id, "window", "a.wav", e.data["t_start"]) for e in batch(0, 3)
    ]
    assert json.loads(rows(path, "data")[2][0]) == batch(2, 3)[0].data
    assert rows(path, "json_extract(data, '$.scores.dog')")[0] == (0.25,)
    assert path.with_name("results.sqlite-wal").exists()


def test_it_can_be_used_from_other_threads(sink, path, batch) -> None:
    sink.deliver(batch(0, 1))
    threads = [threading.Thread(target=sink.deliver, args=(batch(i, i + 9),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(path)) == 16


def test_a_batch_is_inserted_as_a_whole_or_not_at_all(sink, path, batch) -> None:
    sink.deliver(batch(0, 1))
    broken = Event("x", {"kind": "file", "t_start": object()})
    with pytest.raises((OutputError, TypeError)):
        sink.deliver([*batch(1, 2), broken])
    database = sqlite3.connect(path)
    database.execute("begin immediate")
    sink._database.execute("pragma busy_timeout = 10")
    with pytest.raises(OutputError, match=r"cannot write .*results.sqlite: database is locked"):
        sink.deliver(batch(1, 2))
    database.close()
    sink.deliver(batch(1, 2))
    assert len(rows(path)) == 2


def test_a_full_disk_is_said_and_then_gone_on_with(sink, path, batch) -> None:
    sink.deliver(batch(0, 1))
    pages = sink._database.execute("pragma page_count").fetchone()[0]
    sink._database.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(OutputError, match="is full"):
        sink.deliver(batch(1, 200))
    assert len(rows(path)) == 1
    sink._database.execute("pragma max_page_count = 10000")
    sink.deliver(batch(1, 200))
    assert len(rows(path)) == 200


def test_a_file_that_was_moved_away_is_begun_anew(sink, path, batch) -> None:
    sink.deliver(batch(0, 1))
    path.unlink()
    sink.deliver(batch(1, 2))
    assert rows(path, "id") == [(batch(1, 2)[0].id,)]
    sink.close()
    assert [p.name for p in path.parent.iterdir()] == ["results.sqlite"]


def test_what_is_no_database_is_said_and_odd_names_are_kept(tmp_path, sink, path, batch) -> None:
    sink.deliver(batch(0, 1, name="caf\udce9\n.wav"))
    assert rows(path, "name") == [("caf\\udce9\n.wav",)]
    (tmp_path / "text").write_text("no database, but long enough to be taken for one" * 9)
    with pytest.raises(OutputError, match="not a database"):
        Sqlite("text", folder=tmp_path).deliver(batch(0, 1))
