from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from edge_tiny import age, write_wav

from audioml.core.errors import UsageError
from audioml.edge.database import Database
from audioml.edge.journal import Journal
from audioml.edge.rows import Finished
from audioml.edge.service import disk, metrics
from audioml.edge.service.counts import Counts
from audioml.edge.service.disk import Housekeeper
from audioml.edge.service.notify import Notifier
from audioml.edge.service.unit import unit
from audioml.edge.settings import Disk, Settings
from audioml.edge.watch.scan import scan
from audioml.edge.watch.wanted import Wanted


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What systemd would be told."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)

        def said() -> list[str]:
            found = []
            while True:
                try:
                    found.append(listener.recv(4096).decode())
                except BlockingIOError:
                    return found

        yield said


def test_systemd_hears_of_readiness_progress_and_the_end(told, monkeypatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    notifier = Notifier()
    notifier.ready()
    notifier.progress("3 files analysed")
    notifier.progress("4 files analysed")  # too soon to be told
    notifier.stopping()
    assert told() == ["READY=1", "WATCHDOG=1\nSTATUS=3 files analysed", "STOPPING=1"]


def test_without_systemd_nothing_is_said(monkeypatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notifier().ready()


def test_a_socket_that_is_gone_is_no_failure(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    Notifier().ready()


def test_metrics_are_served_and_written(tmp_path) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    counts = Counts(done=3, backlog=2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    close = metrics.serve(f"127.0.0.1:{port}", counts)
    try:
        with pytest.raises(UsageError, match="cannot be served"):
            metrics.serve(str(port), counts)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
    finally:
        close()
    assert "audioml_edge_done_total 3.0" in text
    assert "audioml_edge_backlog 2.0" in text
    metrics.write(tmp_path / "edge.prom", counts)
    assert "audioml_edge_done_total 3.0" in (tmp_path / "edge.prom").read_text()


def test_an_address_that_is_none_is_told() -> None:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    with pytest.raises(UsageError, match="HOST:PORT"):
        metrics.serve("here", Counts())


class Shelf:
    """A folder of analysed and waiting files, on a disk whose size is what a test says."""

    def __init__(self, folder: Path, tmp_path: Path, monkeypatch) -> None:
        self.folder, self.journal = folder, Journal(Database(tmp_path / "journal.sqlite"))
        for number in range(10):
            age(write_wav(folder / f"{number}.wav"), seconds=1000 - number)
        self.journal.add(scan(folder, Wanted(), recursive=True))
        rows = self.journal.waiting(6)
        self.journal.finish([Finished(row, "done", status="ok") for row in rows])
        monkeypatch.setattr(disk.shutil, "disk_usage", self._usage)

    def _usage(self, _path) -> SimpleNamespace:
        used = 10 * len(list(self.folder.glob("*.wav")))
        return SimpleNamespace(total=100, free=100 - used)

    def keeper(self, when_full: str = "wait", *, low: float, after: str = "keep") -> Housekeeper:
        limits = Disk(high=0.95, low=low, when_full=when_full)
        old = self.folder / "old"
        return Housekeeper(self.folder, self.journal, after=after, archive=old, disk=limits)

    def left(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.wav"))


@pytest.fixture
def shelf(folder, tmp_path, monkeypatch) -> Shelf:
    return Shelf(folder, tmp_path, monkeypatch)


def test_a_full_disk_is_left_alone_unless_told(shelf) -> None:
    assert shelf.keeper(low=0.5).make_room() == 0
    assert len(shelf.left()) == 10


def test_analysed_audio_goes_first_the_oldest_first(shelf) -> None:
    assert shelf.keeper("delete-processed", low=0.7).make_room() == 0
    assert shelf.left() == list("3456789")


def test_what_waits_is_never_deleted_unless_told(shelf) -> None:
    assert shelf.keeper("delete-processed", low=0.1).make_room() == 0
    assert shelf.left() == list("6789")
    assert shelf.journal.count("new") == 4


def test_even_what_waits_is_deleted_if_told_and_that_is_noted(shelf) -> None:
    assert shelf.keeper("drop-oldest", low=0.2).make_room() == 2
    assert shelf.left() == list("89")
    assert shelf.journal.count("new") == 2


def test_a_file_that_is_another_by_now_is_not_deleted(shelf) -> None:
    write_wav(shelf.folder / "0.wav", seconds=2)
    shelf.keeper("delete-processed", low=0.1).make_room()
    assert "0" in shelf.left()


def test_what_was_left_to_be_deleted_is_deleted_at_the_next_start(shelf) -> None:
    shelf.keeper(low=0.5, after="delete").catch_up()
    assert shelf.left() == list("6789")
    shelf.keeper(low=0.5).catch_up()
    assert shelf.left() == list("6789")


def test_an_archive_overwrites_nothing(shelf) -> None:
    (shelf.folder / "old").mkdir()
    (shelf.folder / "old" / "0.wav").write_text("of before")
    shelf.keeper(low=0.5, after="archive").catch_up()
    assert (shelf.folder / "old" / "0.wav").read_text() == "of before"
    assert (shelf.folder / "old" / "0.2.wav").exists()
    assert (shelf.folder / "old" / "5.wav").exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_unit(folder, tmp_path) -> None:
    config = folder / "edge config.toml"
    config.touch()
    settings = Settings(base=folder)
    text = unit(settings, config, user="root")
    # what verification needs to find, in place of a command that tests do not install
    path = tmp_path / "audioml-edge.service"
    path.write_text("\n".join(_runnable(line) for line in text.splitlines()) + "\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )
    assert "audioml-edge.service" not in done.stderr, done.stderr


def _runnable(line: str) -> str:
    return "ExecStart=/bin/true" if line.startswith("ExecStart=") else line


def test_nothing_is_said_of_files_of_a_folder_that_is_away(shelf, monkeypatch) -> None:
    keeper = Housekeeper(
        shelf.folder,
        shelf.journal,
        after="delete",
        archive=shelf.folder / "old",
        disk=Disk(high=0.5, low=0.1, when_full="drop-oldest"),
        present=lambda: False,
    )
    shelf.folder.rename(shelf.folder.with_name("away"))
    keeper.catch_up()
    keeper.prune()
    assert keeper.make_room() == 0
    assert len(shelf.journal.kept()) == 6
    assert shelf.journal.count("new") == 4


def test_a_file_that_is_being_written_to_is_not_deleted(shelf) -> None:
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        with (shelf.folder / "0.wav").open("r+b"):
            shelf.keeper(low=0.5, after="delete").catch_up()
            assert shelf.left() == list("06789")
        shelf.keeper(low=0.5, after="delete").catch_up()
        assert shelf.left() == list("6789")
    finally:
        signal.signal(signal.SIGIO, before)


def test_what_cannot_be_archived_is_archived_later(shelf, monkeypatch) -> None:
    (shelf.folder / "old").write_text("no folder")
    shelf.keeper(low=0.5, after="archive").catch_up()
    assert len(shelf.left()) == 10
    (shelf.folder / "old").unlink()
    shelf.keeper(low=0.5, after="archive").catch_up()
    assert shelf.left() == list("6789")


def test_archiving_to_another_disk_keeps_what_was_rewritten_meanwhile(shelf, monkeypatch) -> None:
    def to_another_disk(self, target):
        if self.suffix == ".wav":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        os.rename(self, target)  # noqa: PTH104 - it is what this stands in for

    copy2 = shutil.copy2

    def rewritten(source, target):
        copy2(source, target)
        if source.name == "0.wav":
            write_wav(source, seconds=2)

    monkeypatch.setattr(Path, "rename", to_another_disk)
    monkeypatch.setattr(disk.shutil, "copy2", rewritten)
    shelf.keeper(low=0.5, after="archive").catch_up()
    assert shelf.left() == list("06789")
    assert (shelf.folder / "old" / "5.wav").exists()
