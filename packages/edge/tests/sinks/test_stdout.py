from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from audioml.edge.sinks import stdout
from audioml.edge.sinks.stdout import Stdout, sentence

FILE = {
    "kind": "file",
    "name": "street/1.wav",
    "status": "ok",
    "flags": ["clipped"],
    "duration": 10.0,
    "t_start": None,
    "scores": {"dog": 0.03, "music": 0.634, "engine": None, "voice": 0.2, "drill": 0.1},
}


def test_programs_get_lines_of_json(capfdbinary, batch) -> None:
    Stdout(folder=None).deliver(batch(0, 2))
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [dict(e.data) for e in batch(0, 2)]


def test_people_get_a_line_for_each_file(capsys, batch, monkeypatch) -> None:
    monkeypatch.setattr(stdout, "is_terminal", lambda: True)
    Stdout(folder=None).deliver([*batch(0, 1, **FILE), *batch(1, 3)])
    assert capsys.readouterr().out.split() == [
        *("street/1.wav", "ok", "10.0", "s"),
        *("music", "63%", "voice", "20%", "drill", "10%", "clipped"),
    ]
    Stdout(folder=None).deliver(batch(0, 2))
    assert len(capsys.readouterr().out.splitlines()) == 2, "windows, where no files are told of"


def test_a_name_or_a_reason_cannot_write_to_the_terminal() -> None:
    text = sentence({"kind": "bad", "name": "a\x1b[2J\n.wav", "reason": "no\x07", "status": "bad"})
    assert text.isprintable()
    assert sentence({"name": "a", "scores": {"x": -7.25}}).endswith("x -7.25")


def test_a_batch_that_stopped_half_way_is_gone_on_with(monkeypatch, batch) -> None:
    class Full(io.RawIOBase):
        room, data = 100, b""

        def write(self, data):
            if not self.room:
                raise OSError(28, "No space left on device")
            taken = bytes(data[: self.room])
            self.room -= len(taken)
            self.data += taken
            return len(taken)

        def writable(self):
            return True

    raw, sink = Full(), Stdout(folder=None)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw)))
    with pytest.raises(OSError, match="No space left"):
        sink.deliver(batch(0, 5))
    raw.room = 10_000
    sink.deliver(batch(0, 6))
    ids = [json.loads(line)["id"] for line in raw.data.splitlines()]
    assert ids == [e.id for e in batch(0, 6)]


def test_a_reader_that_left_is_noticed() -> None:
    script = (
        "import sys; from audioml.edge.sinks.stdout import Stdout\n"
        "from audioml.edge.sinks.base import Event\n"
        "sys.stdin.read()\n"
        "try: Stdout(folder=None).deliver([Event('a', {'kind': 'file'})])\n"
        "except BrokenPipeError: sys.exit(7)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.close()
    process.stdin.close()
    assert process.wait(20) == 7
