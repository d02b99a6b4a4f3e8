from __future__ import annotations

import errno
import os
import shutil
import signal

import numpy as np
import pytest
from edge_tiny import age, write_model, write_wav

from audioml.core import load
from audioml.edge.database import Database
from audioml.edge.ending import Stopped
from audioml.edge.journal import Journal
from audioml.edge.outbox import Outbox
from audioml.edge.outputs import PARTIAL, Outputs
from audioml.edge.records import Records
from audioml.edge.sinks.npz import Npz
from audioml.edge.watch.scan import scan
from audioml.edge.watch.wanted import Wanted
from audioml.edge.worker import TRIES, Worker


class Bench:
    """A worker, and what it works with."""

    def __init__(self, folder, out, model, sink=None) -> None:
        self.folder, self.out = folder, out
        database = Database(out / ".journal.sqlite")
        self.journal, self.outbox = Journal(database), Outbox(database)
        self.sinks = [sink or Npz(folder=out)]
        self.worker = Worker(
            folder,
            journal=self.journal,
            estimator=load(model),
            outputs=Outputs(out, self.sinks),
            records=Records(kind="files"),
            sinks=("jsonl",),
            present=folder.is_dir,
        )
        self.worker._due = _Never()

    def scan(self) -> None:
        self.journal.add(scan(self.folder, Wanted(), recursive=True))

    def work(self) -> list:
        for row in self.worker.waiting(100):
            self.worker.work(row)
        return self.worker.flush()


class _Never(dict):
    """No waiting between tries."""

    def __setitem__(self, key, value) -> None:
        pass


@pytest.fixture
def bench(folder, tmp_path, tiny_model):
    return Bench(folder, tmp_path / "out", tiny_model)


def outputs(bench) -> list[str]:
    return sorted(p.relative_to(bench.out).as_posix() for p in bench.out.rglob("*.npz"))


def test_outputs_appear_with_the_group_and_are_whole(bench, folder) -> None:
    write_wav(folder / "a.wav")
    write_wav(folder / "sub" / "b.wav")
    bench.scan()
    for row in bench.worker.waiting(100):
        bench.worker.work(row)
    assert outputs(bench) == []
    assert bench.worker.waiting(100) == []
    assert {each.state for each in bench.worker.flush()} == {"done"}
    assert outputs(bench) == ["a.npz", "sub/b.npz"]
    assert not list((bench.out / PARTIAL).iterdir())
    with np.load(bench.out / "a.npz") as arrays:
        assert arrays["embedding"].shape == (3, 1, 2)
    assert len(bench.outbox.waiting("jsonl", 10)) == 2


def test_a_file_that_is_rewritten_has_a_new_output(bench, folder) -> None:
    age(write_wav(folder / "a.wav", level=0.1))
    bench.scan()
    bench.work()
    write_wav(folder / "a.wav", level=0.9)
    bench.scan()
    bench.work()
    assert outputs(bench) == ["a.npz", "a.wav.npz"]
    peaks = [np.load(bench.out / name)["embedding"][:, 0, 1].max() for name in outputs(bench)]
    assert np.allclose(peaks, [0.1, 0.9], atol=0.01)


def test_a_bad_file_is_tried_three_times_and_the_next_is_analysed(bench, folder) -> None:
    (folder / "bad.wav").write_text("no")
    write_wav(folder / "good.wav")
    bench.scan()
    states = [sorted(each.state for each in bench.work()) for _ in range(TRIES)]
    assert states == [["done", "new"], ["new"], ["bad"]]
    assert bench.work() == []
    assert outputs(bench) == ["good.npz"]
    records = [event.data for _, event in bench.outbox.waiting("jsonl", 10)]
    assert [(r["kind"], r["name"]) for r in records] == [("file", "good.wav"), ("bad", "bad.wav")]
    assert "audio" in records[1]["reason"]


def test_what_a_model_raises_is_the_files_fault_alone(folder, tmp_path, tiny_station) -> None:
    bench = Bench(folder, tmp_path / "out", write_model(tmp_path / "m", "raise"))
    write_wav(folder / "loud.wav", level=1.0)
    write_wav(folder / "quiet.wav", level=0.1)
    bench.scan()
    finished = {each.row.found.path: each for each in bench.work()}
    assert finished["quiet.wav"].state == "done"
    assert finished["loud.wav"].reason == "RuntimeError: the model does not like this"


def test_a_file_that_is_gone_or_changed_is_left_to_the_next_look(bench, folder) -> None:
    age(write_wav(folder / "gone.wav"), write_wav(folder / "changed.wav"))
    bench.scan()
    (folder / "gone.wav").unlink()
    write_wav(folder / "changed.wav", seconds=2)
    assert {each.state for each in bench.work()} == {"gone"}
    bench.scan()
    assert [each.row.found.path for each in bench.work()] == ["changed.wav"]


def test_files_of_a_folder_that_is_away_are_not_gone(bench, folder) -> None:
    age(write_wav(folder / "a.wav"))
    bench.scan()
    folder.rename(folder.with_name("elsewhere"))
    assert bench.work() == []
    folder.with_name("elsewhere").rename(folder)
    assert [each.state for each in bench.work()] == ["done"]


class Full(Npz):
    """A sink on a disk that fills in the middle of a file."""

    full = True

    def write(self, result, path, /) -> None:
        super().write(result, path)
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_nothing_half_and_the_file_waits(folder, tmp_path, tiny_model) -> None:
    sink = Full(folder=tmp_path / "out")
    bench = Bench(folder, tmp_path / "out", tiny_model, sink)
    age(write_wav(folder / "a.wav"))
    bench.scan()
    with pytest.raises(OSError, match="No space"):
        bench.work()
    assert not list((bench.out / PARTIAL).iterdir())
    (row,) = bench.worker.waiting(10)
    assert row.tries == 0
    sink.full = False
    assert [each.state for each in bench.work()] == ["done"]


def test_a_group_that_cannot_be_published_is_published_later(bench, folder, monkeypatch) -> None:
    write_wav(folder / "a.wav")
    write_wav(folder / "b.wav")
    bench.scan()
    fsync, calls = os.fsync, []

    def failing(handle) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr("os.fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        bench.work()
    assert bench.worker.waiting(10) == []
    assert [each.state for each in bench.worker.flush()] == ["done", "done"]
    assert outputs(bench) == ["a.npz", "b.npz"]


@pytest.mark.parametrize("fails", [1, 2, 3, 4])
def test_a_group_is_published_whenever_its_sync_failed(bench, folder, monkeypatch, fails) -> None:
    for number in range(3):
        write_wav(folder / f"{number}.wav")
    bench.scan()
    fsync, calls = os.fsync, []

    def failing(handle) -> None:
        calls.append(handle)
        if len(calls) == fails:
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr("os.fsync", failing)
    with pytest.raises(OSError, match="Input/output"):
        bench.work()
    assert len(bench.worker.flush()) == 3
    assert outputs(bench) == ["0.npz", "1.npz", "2.npz"]


def test_names_that_are_alike_at_their_end_stay_apart(bench, folder) -> None:
    names = [f"{i}{'x' * 240}" for i in (1, 2)]
    write_wav(folder / f"{names[0]}.wav", seconds=1)
    write_wav(folder / f"{names[1]}.wav", seconds=3)
    bench.scan()
    bench.work()
    assert outputs(bench) == [f"{name}.npz" for name in names]
    lengths = [len(np.load(bench.out / name)["times"]) for name in outputs(bench)]
    assert lengths == [3, 11]


def test_an_output_that_cannot_be_is_its_files_fault_alone(bench, folder) -> None:
    write_wav(folder / "a.wav")
    write_wav(folder / "b" / "c.wav")
    bench.scan()
    bench.out.mkdir(exist_ok=True)
    (bench.out / "b").write_text("a file, where a folder should be")
    finished = {each.row.found.path: each for each in bench.work()}
    assert finished["a.wav"].state == "done"
    assert "its output cannot be written" in finished["b/c.wav"].reason


def test_results_that_were_tidied_away_hold_nothing_up(bench, folder) -> None:
    write_wav(folder / "day" / "a.wav")
    bench.scan()
    bench.work()
    shutil.rmtree(bench.out / "day")
    write_wav(folder / "day" / "b.wav")
    bench.scan()
    for row in bench.worker.waiting(10):
        bench.worker.work(row)
    shutil.rmtree(bench.out / "day")
    assert [each.state for each in bench.worker.flush()] == ["done"]
    assert outputs(bench) == ["day/b.npz"]


def test_a_file_that_somebody_has_open_waits(bench, folder) -> None:
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        age(write_wav(folder / "a.wav"))
        bench.scan()
        with (folder / "a.wav").open("r+b"):
            assert bench.work() == []
        assert [each.state for each in bench.work()] == ["done"]
    finally:
        signal.signal(signal.SIGIO, before)


def test_a_file_that_is_put_down_is_not_blamed(bench, folder, monkeypatch) -> None:
    def stopped() -> None:
        raise Stopped

    age(write_wav(folder / "a.wav"))
    bench.scan()
    (row,) = bench.worker.waiting(1)
    bench.worker._check = stopped
    with pytest.raises(Stopped):
        bench.worker.work(row)
    assert bench.journal.in_hand() is None


def test_the_file_in_hand_at_a_crash_is_blamed_and_no_other(bench, folder, tiny_model) -> None:
    age(write_wav(folder / "a.wav"), write_wav(folder / "b.wav"))
    bench.scan()
    killer, innocent = bench.worker.waiting(10)
    (bench.out / PARTIAL).mkdir(parents=True)
    (bench.out / PARTIAL / "x.npz").write_text("half")
    (bench.out / ".recorder.part").write_text("somebody else's")
    for tries in range(1, TRIES + 1):
        bench.journal.hold(killer)
        again = Bench(folder, bench.out, tiny_model)  # as after a restart
        again.worker.recover()
        assert not list((bench.out / PARTIAL).iterdir())
        assert (bench.out / ".recorder.part").exists()
        rows = {row.id: row.tries for row in again.worker.waiting(10)}
        assert rows[innocent.id] == 0
        assert rows.get(killer.id) == (tries if tries < TRIES else None)
