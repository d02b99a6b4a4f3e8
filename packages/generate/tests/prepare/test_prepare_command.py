"""The command, and what happens to it: interrupts, kills, full disks, workers that die."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time

import pytest
from prepare_songs import RATE, acquired, plain, tune, write

from audioml.core.errors import OutputError, WorkerError
from audioml.core.executor import Outcome
from audioml.core.executor.outcome import attempt


def command(*arguments):
    words = ("generate", "prepare", *map(str, arguments), "--rate", str(RATE))
    return [sys.executable, "-m", "audioml.core.cli", *words]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Tried:
    """An engine that stops before a unit, and counts the songs that it was given."""

    def __init__(self, stop=None):
        self.stop, self.songs = stop, 0

    def run(self, function, items, /, *, workers, ordered):
        for index, item in enumerate(items):
            if index == self.stop:
                raise KeyboardInterrupt
            self.songs += len(item.songs)
            yield attempt(function, index, item)


class Deadly:
    """An engine whose workers do not survive one song."""

    def __init__(self, name):
        self.name = name

    def run(self, function, items, /, *, workers, ordered):
        for index, item in enumerate(items):
            if self.name in {song.id for song in item.songs}:
                yield Outcome(index, item, error=WorkerError("the worker process ended"))
            else:
                yield attempt(function, index, item)


def test_the_command_tells_what_it_did(audioml_cli, tmp_path, out):
    raw = acquired(tmp_path / "raw")
    arguments = ("generate", "prepare", str(raw), "-o", str(out), "--rate", "4000", "-j", "1")
    done = audioml_cli(*arguments)
    assert (done.code, done.out) == (0, "")
    assert "4 songs at 4000 Hz in mulaw: train " in done.err
    assert "; 0 quarantined" in done.err
    done = audioml_cli("-q", *arguments)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_strict_makes_a_failure_of_what_is_quarantined(audioml_cli, tmp_path, out):
    raw = plain(tmp_path / "raw")
    (raw / "x.mp3").touch()
    arguments = ("generate", "prepare", str(raw), "-o", str(out), "--rate", "4000", "-j", "1")
    done = audioml_cli(*arguments)
    assert done.code == 0
    assert "quarantined: x: x.mp3 is empty (0 bytes)" in done.err
    assert audioml_cli(*arguments, "--strict").code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--engine", "abacus"), 3, "no installed plugin offers the engine 'abacus'"),
        (("--master", "spark://x:1"), 2, "the engine 'local' works on this machine"),
        (("--encoding", "mp3"), 2, "Invalid value for '--encoding'"),
        (("--rate", "1"), 2, "a rate is from 1000 to 400000 Hz, got 1"),
        (("-j", "0"), 2, "Invalid value for '-j'"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    audioml_cli, tmp_path, out, arguments, code, words
):
    raw = plain(tmp_path / "raw", 1)
    done = audioml_cli("generate", "prepare", str(raw), "-o", str(out), *arguments)
    assert done.code == code
    assert words in done.err
    assert not out.exists()


def test_work_that_was_interrupted_goes_on(tmp_path, made, corpus, out):
    raw = plain(tmp_path / "raw", 8)
    first = Tried(stop=2)
    with pytest.raises(KeyboardInterrupt):
        made(raw, engine=first)
    assert not out.exists()
    rest = Tried()
    made(raw, engine=rest)
    assert 0 < first.songs < 8
    assert first.songs + rest.songs == 8
    resumed = files(out)
    made(raw, destination=out.with_name("whole"))
    assert files(out.with_name("whole")) == resumed
    assert sorted(path.name for path in out.parent.iterdir()) == ["corpus", "whole"]


def test_work_goes_on_with_other_songs_too(tmp_path, made, corpus):
    with pytest.raises(KeyboardInterrupt):
        made(plain(tmp_path / "raw", 4), engine=Tried(stop=2))
    write(tmp_path / "raw" / "another.wav", tune(9))
    rest = Tried()
    made(tmp_path / "raw", engine=rest)
    assert rest.songs == 3
    assert len(corpus()) == 5


def test_only_the_song_that_kills_workers_is_quarantined(tmp_path, made, corpus):
    report = made(plain(tmp_path / "raw", 9), engine=Deadly("band 5/song 5"))
    assert [each.id for each in report.quarantined] == ["band 5/song 5"]
    assert "its worker ended" in report.quarantined[0].reason
    assert len(corpus()) == 8


def test_several_processes_make_the_same(tmp_path, made, out):
    pytest.importorskip("joblib")
    raw = plain(tmp_path / "raw", 6)
    (raw / "x.mp3").touch()
    made(raw)
    alone = files(out)
    made(raw, workers=2, again=True)
    assert files(out) == alone


def test_a_full_disk_ends_the_work_and_what_is_ready_is_kept(tmp_path, out, made):
    raw = plain(tmp_path / "raw", 3)
    write(raw / "z.wav", tune(4, seconds=60))

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    words = command(raw, "-o", out, "-j", "1")
    done = subprocess.run(words, preexec_fn=limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large; what is ready is kept, and the same command goes on" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    rest = Tried()
    made(raw, engine=rest)
    assert rest.songs == 1


def test_a_place_that_cannot_be_written_is_told(tmp_path, made):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        made(plain(tmp_path / "raw", 1), destination=tmp_path / "file" / "corpus")


@pytest.mark.slow
def test_a_command_that_was_killed_goes_on(tmp_path, out, made):
    raw = plain(tmp_path / "raw", 1)
    for n in range(40):
        write(raw / f"{n}.wav", tune(n, seconds=20, rate=44100), rate=44100)
    process = subprocess.Popen(command(raw, "-o", out, "-j", "1"), stderr=subprocess.PIPE)
    parts = out.with_name(".corpus.preparing")
    while not list(parts.glob("part-*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    rest = Tried()
    made(raw, engine=rest)
    assert rest.songs < 41
    assert [path.name for path in out.parent.iterdir()] == ["corpus"]
