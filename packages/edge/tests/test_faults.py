"""What a sensor goes through: the watcher is killed, flooded, starved of disk, and loses nothing.

Each fault has a short test, and a long one that is marked slow.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from edge_tiny import age, started, until, write_model, write_wav

from audioml.edge.database import JOURNAL
from audioml.edge.outputs import PARTIAL
from audioml.edge.status import status


class Station:
    """A watcher in a process of its own, started again as systemd would."""

    def __init__(self, tmp_path: Path, told: str = "1.0") -> None:
        self.folder, self.out = tmp_path / "street", tmp_path / "out"
        self.folder.mkdir(exist_ok=True)
        self.home = tmp_path / "home"
        self.model = write_model(tmp_path / "model", told)
        self.process = None
        self.arguments: list[str] = []

    def start(self, *arguments: str, **env: str):
        self.process = started(
            *("watch", str(self.folder), "-m", str(self.model), "-o", str(self.out)),
            *("--records", "files", "--to", "npz", "--to", "jsonl", *self.arguments, *arguments),
            home=self.home,
            **env,
        )
        return self.process

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err

    def finish(self) -> None:
        """Let a last run bring everything to its end."""
        self.start("--once")
        _, err = self.process.communicate(timeout=300)
        assert self.process.returncode in (0, 1), err

    def status(self):
        return status(self.out / JOURNAL)

    def known(self, what: str):
        """Something of the status, or nothing while there is none."""
        try:
            return getattr(self.status(), what)
        except LookupError:
            return {}

    def done(self) -> int:
        return self.known("counts").get("done", 0)

    def outputs(self) -> set[str]:
        return {p.relative_to(self.out).as_posix() for p in self.out.rglob("*.npz")}

    def records(self) -> list[dict]:
        path = self.out / "results.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def assert_all_once(self, names: set[str]) -> None:
        """Every input has one whole output and one record, and nothing else is there."""
        assert self.outputs() == {f"{Path(name).with_suffix('')}.npz" for name in names}
        assert not list((self.out / PARTIAL).iterdir())
        for name in self.outputs():
            with np.load(self.out / name) as arrays:
                assert arrays["embedding"].shape[1:] == (1, 2)
        counts = Counter(record["id"] for record in self.records())
        assert max(counts.values()) == 1
        assert {record["name"] for record in self.records()} == names
        assert len(counts) == len(names)
        with sqlite3.connect(self.out / JOURNAL) as journal:
            assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert journal.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


@pytest.fixture
def station(tmp_path):
    station = Station(tmp_path)
    yield station
    if station.process is not None and station.process.poll() is None:
        station.process.kill()
        station.process.communicate()


def fill(folder: Path, count: int, *, first: int = 0) -> set[str]:
    """Write many recordings, old ones, cheaply."""
    one = write_wav(folder.parent / "one.wav", seconds=0.5).read_bytes()
    names = {f"{i // 1000}/{i:05}.wav" for i in range(first, first + count)}
    for name in sorted(names):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(one)
        age(path)
    return names


def kill_often(station: Station, kills: int, longest: float, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        process = station.start()
        time.sleep(chance.uniform(0.0, longest))
        process.kill()
        process.communicate()


def test_a_watcher_that_is_killed_at_random_loses_nothing(station) -> None:
    names = fill(station.folder, 400)
    kill_often(station, 6, 1.2, seed=1)
    station.finish()
    station.assert_all_once(names)


@pytest.mark.long
@pytest.mark.slow
def test_a_watcher_that_is_killed_200_times_loses_nothing(station) -> None:
    names = fill(station.folder, 6000)
    kill_often(station, 200, 1.5, seed=2)
    station.finish()
    station.assert_all_once(names)


@pytest.mark.parametrize(
    "point",
    [
        *("before_write", "after_write", "before_publish", "before_commit", "after_commit"),
        "after_deliver",
    ],
)
def test_a_watcher_that_dies_at_the_worst_moment_loses_nothing(station, point) -> None:
    names = fill(station.folder, 20)
    process = station.start(AUDIOML_FAULT=point)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    station.finish()
    station.assert_all_once(names)


def test_a_model_that_crashes_is_restarted_and_the_file_is_given_up(tmp_path) -> None:
    station = Station(tmp_path, "crash")
    loud, *quiet = (
        write_wav(station.folder / f"{i}.wav", level=1.0 if i == 0 else 0.1) for i in range(5)
    )
    age(loud, *quiet)
    deaths = 0
    while True:
        process = station.start("--once")
        process.communicate(timeout=30)
        if process.returncode != -signal.SIGSEGV:
            break
        deaths += 1
    assert deaths == 3
    assert process.returncode == 1
    assert station.outputs() == {f"{i}.npz" for i in range(1, 5)}
    (failure,) = station.status().failures
    assert failure.path == "0.wav"
    assert "the process ended while it worked" in failure.reason


def flood(station: Station, count: int, at_once: int) -> None:
    """Write files while the watcher is stopped, so that the system's queue of events runs over."""
    for number in range(count // 1000 + 1):  # a folder is watched from when it is there
        (station.folder / str(number)).mkdir(exist_ok=True)
    station.start("--settle", "0.5", "--rescan", "5")
    until(lambda: station.known("watcher"))
    station.process.send_signal(signal.SIGSTOP)
    limit = Path("/proc/sys/fs/inotify/max_queued_events")
    before = limit.read_text()
    names = fill(station.folder, count)
    assert count > int(before) or at_once
    station.process.send_signal(signal.SIGCONT)
    until(lambda: station.done() == count, 600, 0.5)
    assert station.status().watcher["overflows"] >= (1 if count > int(before) else 0)
    code, err = station.stop()
    assert code == 0
    assert count <= int(before) or "were lost" in err
    station.assert_all_once(names)


def test_a_flood_is_worked_off(station) -> None:
    flood(station, 1500, at_once=1)


@pytest.mark.long
@pytest.mark.slow
def test_a_flood_that_the_system_does_not_report_is_worked_off(station) -> None:
    flood(station, 40_000, at_once=0)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_full_disk_is_waited_for(station, small_disk) -> None:
    names = fill(station.folder, 30)
    station.out = small_disk / "out"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (1 << 20))
    station.start()
    until(lambda: station.done() > 0)
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(b"x" * 4096):  # until nothing is left
            pass
    names |= fill(station.folder, 60, first=1000)
    time.sleep(3.0)
    assert station.process.poll() is None
    assert not [p for p in station.out.rglob("*.npz") if not p.stat().st_size]
    assert station.done() < len(names)
    ballast.unlink()
    until(lambda: station.done() == len(names), 10.0)
    until(lambda: not station.status().outbox)
    code, err = station.stop()
    assert code == 0
    assert "trying again" in err
    station.assert_all_once(names)


@pytest.mark.slow
def test_a_disk_that_audio_and_results_share_is_kept_from_filling(station, small_disk) -> None:
    station.folder, station.out = small_disk / "street", small_disk / "out"
    station.folder.mkdir()
    station.start("--when-full", "delete-processed", "--high", "0.8", "--low", "0.6")
    until((station.out / JOURNAL).exists)
    one = write_wav(station.folder.parent / "one.wav", seconds=4).read_bytes()
    names, end = set(), time.monotonic() + 60
    while len(names) < 150:  # 10 MB through a disk of 4 MB
        assert time.monotonic() < end
        name = f"{len(names):03}.wav"
        try:
            (station.folder / f"{name}.part").write_bytes(one)
            (station.folder / f"{name}.part").rename(station.folder / name)
            names.add(name)
            time.sleep(0.02)
        except OSError:  # as a recorder would: it waits
            time.sleep(0.2)
    until(lambda: station.done() == len(names), 30.0)
    until(lambda: not station.known("outbox"))
    assert station.stop()[0] == 0
    station.assert_all_once(names)


def test_sigterm_ends_it_within_two_seconds(tmp_path) -> None:
    station = Station(tmp_path, "slow")
    fill(station.folder, 50)
    station.start()
    until(lambda: station.done() > 2)
    began = time.monotonic()
    code, _ = station.stop()
    assert time.monotonic() - began < 2.5
    assert code == 0
    assert 0 < len(station.outputs()) < 50
    assert len(station.records()) == len(station.outputs())


def test_a_long_file_is_given_up_at_the_end_and_not_counted_against(tmp_path) -> None:
    station = Station(tmp_path, "slow")
    age(write_wav(station.folder / "long.wav", seconds=600))
    station.start()
    until(lambda: station.known("counts"))
    time.sleep(0.5)
    began = time.monotonic()
    code, err = station.stop()
    assert (code, time.monotonic() - began < 2.5) == (0, True), err
    assert station.status().failures == []


def test_files_that_arrive_are_analysed_within_a_moment(station) -> None:
    station.start()
    until((station.out / JOURNAL).exists)
    time.sleep(0.5)
    for i in range(5):
        write_wav(station.folder / f"{i}.wav")
        until(lambda i=i: (station.out / f"{i}.npz").exists(), 2.0)
    code, _ = station.stop(signal.SIGINT)
    assert code == 0


def test_a_folder_that_is_removed_and_made_again_is_watched_again(station) -> None:
    names = fill(station.folder, 3)
    station.start()
    until(lambda: station.done() == 3)
    shutil.rmtree(station.folder)
    until(lambda: "street" in station.status().watcher.get("trouble", ""), 12.0)
    station.folder.mkdir()
    time.sleep(2.5)
    write_wav(station.folder / "new.wav")
    until(lambda: station.done() == 4)
    station.stop()
    station.assert_all_once(names | {"new.wav"})


def test_a_second_watcher_on_the_same_results_is_refused(station) -> None:
    station.start()
    until((station.out / JOURNAL).exists)
    first = station.process
    second = station.start()
    _, err = second.communicate(timeout=20)
    assert second.returncode == 2
    assert "another process writes to" in err
    station.process = first


@pytest.mark.long
@pytest.mark.slow
def test_an_hour_at_twice_real_time_leaks_nothing(station) -> None:
    """`AUDIOML_SOAK` sets the seconds; an hour unless told."""
    seconds = float(os.environ.get("AUDIOML_SOAK", "60"))
    station.arguments = ["--after", "delete"]
    station.start()
    until((station.out / JOURNAL).exists)
    one = write_wav(station.folder.parent / "one.wav", seconds=1.0).read_bytes()
    end, sizes, handles, count = time.monotonic() + seconds, [], [], 0
    about = Path(f"/proc/{station.process.pid}")
    while time.monotonic() < end:
        (station.folder / f"{count}.wav").write_bytes(one)
        count += 1
        time.sleep(0.5)
        if count % 20 == 0:
            pages = int((about / "statm").read_text().split()[1])
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
            handles.append(len(list((about / "fd").iterdir())))
    until(lambda: station.done() == count)
    station.stop()
    tail = sizes[len(sizes) // 3 :]
    assert max(tail) - tail[0] < 5.0, sizes
    assert max(handles) - min(handles[1:]) <= 3, handles
    assert not list(station.folder.iterdir())
