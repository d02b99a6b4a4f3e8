from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audioml.core.errors import OutputError
from audioml.edge.sinks import append
from audioml.edge.sinks.base import Event
from audioml.edge.sinks.csv import Csv
from audioml.edge.sinks.jsonl import Jsonl

SINKS = {"jsonl": Jsonl, "csv": Csv}
NASTY = st.text(st.sampled_from('a,"\n\r\\{}é:\u2028\udce9 \t;'), max_size=8)


def ids(path: Path) -> list[str]:
    data = path.read_bytes()
    assert not data or data.endswith(b"\n"), "the last line is whole"
    if path.suffix == ".jsonl":
        return [json.loads(line)["id"] for line in data.splitlines()]
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert sum(row[0] == "id" for row in rows) == bool(rows), "one header"
    return [row[0] for row in rows[1:]]


@pytest.fixture(params=sorted(SINKS))
def kind(request) -> str:
    return request.param


@pytest.fixture
def path(tmp_path, kind) -> Path:
    return tmp_path / f"results.{kind}"


@pytest.fixture
def sink(tmp_path, kind):
    made = SINKS[kind](folder=tmp_path)
    yield made
    made.close()


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(SINKS)),
    names=st.lists(NASTY, min_size=1, max_size=6),
    before=st.integers(0, 6),
    cut=st.floats(0, 1),
)
def test_a_crash_at_any_byte_leaves_every_record_once(kind, names, before, cut) -> None:
    events = [
        Event(f"{i:020x}", {"kind": "window", "id": f"{i:020x}", "name": n, "scores": {n: 0.5}})
        for i, n in enumerate(names)
    ]
    labels = {} if kind == "jsonl" else {"labels": names}
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"results.{kind}"
        sink = SINKS[kind](folder=Path(folder), **labels)
        sink.deliver(events[:before])
        kept = path.stat().st_size
        sink.deliver(events)
        sink.close()
        os.truncate(path, kept + round(cut * (path.stat().st_size - kept)))
        for _ in range(2):
            again = SINKS[kind](folder=Path(folder), **labels)
            again.deliver(events[before:])
            again.deliver(events[before:])
            again.close()
            assert ids(path) == [event.id for event in events]


def test_a_batch_that_the_disk_has_no_room_for_leaves_nothing(sink, path, batch) -> None:
    sink.deliver(batch(0, 3))
    whole = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 150, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write .*results\.\w+: File too large"):
            sink.deliver(batch(3, 9))
        assert path.read_bytes() == whole
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    sink.deliver(batch(3, 9))
    assert ids(path) == [e.id for e in batch(0, 9)]


def test_what_cannot_be_cut_off_is_completed(sink, path, batch, monkeypatch) -> None:
    real, calls = os.write, []

    def half(fd, data):
        calls.append(fd)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(fd, data[: len(data) // 2])

    def broken(*_):
        raise OSError(5, "Input/output error")

    sink.deliver(batch(0, 1))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        patched.setattr(os, "ftruncate", broken)
        with pytest.raises(OutputError, match="No space left"):
            sink.deliver(batch(1, 8))
    sink.deliver(batch(1, 8))
    assert ids(path) == [e.id for e in batch(0, 8)]


def test_nothing_counts_that_was_not_synced(sink, path, batch, monkeypatch) -> None:
    sink.deliver(batch(0, 1))

    def broken(_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(append, "_sync", broken)
        with pytest.raises(OutputError, match="Input/output"):
            sink.deliver(batch(1, 3))
    sink.deliver(batch(1, 3))
    assert ids(path) == [e.id for e in batch(0, 3)]


def test_a_file_that_was_moved_away_is_begun_anew(sink, path, batch) -> None:
    sink.deliver(batch(0, 2))
    path.rename(path.with_suffix(".1"))
    sink.deliver(batch(1, 4))
    assert ids(path) == [e.id for e in batch(2, 4)]
    path.unlink()
    sink.deliver(batch(4, 5))
    assert ids(path) == [e.id for e in batch(4, 5)]
    os.truncate(path, 0)  # as `copytruncate` does
    sink.deliver(batch(5, 6))
    assert ids(path) == [e.id for e in batch(5, 6)]


def test_repeats_are_found_in_a_file_longer_than_its_tail(sink, path, batch, monkeypatch) -> None:
    monkeypatch.setattr(append, "_TAIL", 300)
    monkeypatch.setattr(append, "_KEPT", 4)
    monkeypatch.setattr(append, "_BLOCK", 16)
    sink.deliver(batch(0, 30))
    sink.close()
    again = type(sink)(folder=path.parent)
    again.deliver(batch(20, 40))
    again.close()
    assert ids(path) == [e.id for e in batch(0, 40)]


def test_two_processes_do_not_share_a_file(sink, path, batch) -> None:
    sink.deliver(batch(0, 1))
    other = type(sink)(folder=path.parent)
    with pytest.raises(OutputError, match="in use by another process"):
        other.deliver(batch(1, 2))
    sink.close()
    other.deliver(batch(1, 2))
    other.close()
    assert len(ids(path)) == 2


def test_places_that_are_no_files_are_said(tmp_path, kind, batch) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="must be a file"):
        SINKS[kind]("pipe", folder=tmp_path).deliver(batch(0, 1))
    with pytest.raises(OutputError, match="Is a directory"):
        SINKS[kind](str(tmp_path), folder=tmp_path).deliver(batch(0, 1))


def test_folders_are_made_and_an_empty_batch_is_nothing(tmp_path, kind, batch) -> None:
    sink = SINKS[kind]("deep/er/x", folder=tmp_path)
    sink.deliver([])
    assert (tmp_path / "deep/er/x").read_bytes() == b""
    sink.close()


def test_kills_at_any_moment_lose_and_repeat_nothing(tmp_path, kind) -> None:
    script = (
        "import os, sys, threading, random; sys.path.insert(0, {here!r})\n"
        "from pathlib import Path; from conftest import event\n"
        "from audioml.edge.sinks.{kind} import {name} as Sink\n"
        "done = Path({folder!r}, 'done'); sink = Sink(folder=Path({folder!r}))\n"
        "threading.Timer(random.uniform(0, .004), os._exit, [9]).start()\n"
        "for first in range(int(done.read_text()), 240, 20):\n"
        "    sink.deliver([event(i) for i in range(first, first + 20)])\n"
        "    done.with_suffix('.new').write_text(str(first + 20))\n"
        "    done.with_suffix('.new').rename(done)\n"
    ).format(
        here=str(Path(__file__).parent), kind=kind, name=kind.capitalize(), folder=str(tmp_path)
    )
    (tmp_path / "done").write_text("0")
    for _ in range(200):
        subprocess.run([sys.executable, "-c", script], check=False)
        if (tmp_path / "done").read_text() == "240":
            break
    assert ids(tmp_path / f"results.{kind}") == [f"{i:020x}" for i in range(240)]
