from __future__ import annotations

import os
import shutil
import signal
import time

import pytest
from edge_tiny import age, until, write_wav

from audioml.edge.watch import hints
from audioml.edge.watch.folder import Folder, Watching
from audioml.edge.watch.mounts import is_remote
from audioml.edge.watch.scan import being_written, scan
from audioml.edge.watch.wanted import Wanted


@pytest.fixture
def watched(folder):
    opened = []

    def watch(**how) -> Folder:
        opened.append(Folder(folder, Watching(**{"settle": 0.3, **how})))
        return opened[-1]

    yield watch
    for each in opened:
        each.close()


def found(watched: Folder, seconds: float = 0.6) -> set[str]:
    """What is found within some time."""
    end = time.monotonic() + seconds
    names: set[str] = set()
    while time.monotonic() < end:
        names |= {each.path for each in watched.find(0.05)}
    return names


def first(watched: Folder, seconds: float = 5.0) -> str:
    return until(lambda: next((each.path for each in watched.find(0.05)), None), seconds)


def test_what_is_there_comes_first(watched, folder) -> None:
    age(write_wav(folder / "a.wav"), write_wav(folder / "sub" / "b.WAV"))
    write_wav(folder / ".hidden.wav")
    assert found(watched()) == {"a.wav", "sub/b.WAV"}
    assert found(watched(recursive=False)) == {"a.wav"}


def test_a_file_that_is_closed_is_found_at_once(watched, folder) -> None:
    watch = watched(settle=60.0)
    found(watch, 0.1)
    write_wav(folder / "a.wav")
    assert first(watch) == "a.wav"


def test_a_file_that_is_renamed_within_the_folder_is_found_at_once(watched, folder) -> None:
    watch = watched(settle=60.0)
    found(watch, 0.1)
    write_wav(folder / "a.wav.part").rename(folder / "a.wav")
    assert first(watch) == "a.wav"


@pytest.mark.parametrize("how", ["moved", "hard link", "symbolic link", "folder moved"])
def test_a_file_that_appears_is_found_once_it_settles(watched, folder, tmp_path, how) -> None:
    outside = write_wav(tmp_path / "elsewhere" / "a.wav")
    watch = watched()
    found(watch, 0.1)
    if how == "moved":
        outside.rename(folder / "a.wav")
    elif how == "hard link":
        os.link(outside, folder / "a.wav")
    elif how == "symbolic link":
        (folder / "a.wav").symlink_to(outside)
    else:
        outside.parent.rename(folder / "inner")
    assert found(watch, 1.0) == {"inner/a.wav" if how == "folder moved" else "a.wav"}


def test_a_file_that_is_still_written_to_is_not_found(watched, folder, monkeypatch) -> None:
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        watch = watched()
        found(watch, 0.1)
        with (folder / "a.wav").open("wb") as file:
            file.write(b"RIFF")
            file.flush()
            assert being_written(folder / "a.wav")
            assert found(watch, 1.0) == set()
        assert being_written(folder / "a.wav") is False
        assert first(watch) == "a.wav"
    finally:
        signal.signal(signal.SIGIO, before)


def test_links_in_a_circle_are_not_followed(watched, folder) -> None:
    age(write_wav(folder / "a.wav"))
    (folder / "again").symlink_to(folder)
    assert found(watched()) == {"a.wav"}


def test_lost_events_are_counted_and_the_folder_is_looked_through(watched, folder, caplog) -> None:
    watch = watched(rescan=3600.0)
    found(watch, 0.1)
    scans = watch.scans
    watch._hints._observer.unschedule_all()  # nothing is heard any more
    watch._hints._observer.emitters.clear()
    age(write_wav(folder / "a.wav"))
    hints.logging.getLogger("watchdog.observers.inotify_c").warning(
        "Inotify queue overflowed; filesystem events were lost"
    )
    assert first(watch) == "a.wav"
    assert watch.overflows == 1
    assert watch.scans > scans
    assert "events of" in caplog.text


def test_a_missed_file_is_found_by_the_next_look(watched, folder) -> None:
    watch = watched(poll=0.2)  # no events at all
    found(watch, 0.1)
    assert watch._hints is None
    age(write_wav(folder / "a.wav"))
    assert first(watch) == "a.wav"


def test_a_folder_that_goes_away_and_comes_back_is_watched_again(
    watched, folder, monkeypatch
) -> None:
    monkeypatch.setattr("audioml.edge.watch.folder._GLANCE", 0.05)
    watch = watched()
    age(write_wav(folder / "a.wav"))
    assert found(watch, 0.2) == {"a.wav"}
    assert watch.present()
    shutil.rmtree(folder)
    until(lambda: not list(watch.find(0.05)) and watch.away)
    assert not watch.present()
    folder.mkdir()
    until(lambda: list(watch.find(0.05)) == [] and not watch.away)
    write_wav(folder / "b.wav")
    assert first(watch) == "b.wav"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_away(watched, folder, monkeypatch) -> None:
    monkeypatch.setattr("audioml.edge.watch.folder._GLANCE", 0.05)
    watch = watched()
    found(watch, 0.1)
    folder.chmod(0)
    try:
        until(lambda: not list(watch.find(0.05)) and "denied" in watch.away)
    finally:
        folder.chmod(0o755)
    until(lambda: list(watch.find(0.05)) == [] and not watch.away)


def test_scanning_needs_the_folder_itself(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        list(scan(tmp_path / "none", Wanted(), recursive=True))


def test_mounts_of_the_network_are_known(tmp_path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        f"nas:/audio {tmp_path}/nas nfs4 rw 0 0\n"
        f"sshfs {tmp_path}/with\\040space fuse.sshfs rw 0 0\n"
    )
    assert is_remote(tmp_path / "nas" / "sub", mounts)
    assert is_remote(tmp_path / "with space", mounts)
    assert not is_remote(tmp_path / "nasty", mounts)
    assert not is_remote(tmp_path, tmp_path / "absent")
