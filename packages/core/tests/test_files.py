from __future__ import annotations

import os
import threading

import pytest

from audioml.core.errors import OfflineError, OutputError
from audioml.core.files import replacing, replacing_folder, shown, write_bytes


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_written_to(tmp_path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"data")
    reader.join(5)
    assert got == [b"data"]
    assert not pipe.is_file()


def test_nothing_is_left_of_what_failed(tmp_path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    assert path.read_text() == "before"


def test_an_error_of_our_own_is_not_taken_for_one_of_writing(tmp_path) -> None:
    with pytest.raises(OfflineError, match="no network"), replacing(tmp_path / "x"):
        raise OfflineError("no network")


def test_places_that_cannot_be_written_are_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write .*below: .*file is not a folder"):
        write_bytes(tmp_path / "file" / "below", b"")
    with pytest.raises(OutputError, match="too long"):
        write_bytes(tmp_path / ("x" * 5000), b"")


def test_a_folder_is_put_in_place_whole_or_not_at_all(tmp_path) -> None:
    target = tmp_path / "model"
    for content, again in (("one", False), ("two", False), ("three", True)):
        with replacing_folder(target, again=again) as folder:
            (folder / "file").write_text(content)
        expected = "three" if again else "one"
        assert (target / "file").read_text() == expected
    with pytest.raises(ZeroDivisionError), replacing_folder(target, again=True):
        raise ZeroDivisionError
    assert (target / "file").read_text() == "three"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_names_as_long_as_a_disk_takes_are_written(tmp_path) -> None:
    path = tmp_path / ("音" * 80 + ".jams")
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_link_to_itself_gives_way(tmp_path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    write_bytes(loop, b"x")
    assert loop.read_bytes() == b"x"


def test_any_name_is_shown_on_one_line() -> None:
    assert shown("a b.wav") == "a b.wav"
    assert shown("a\nb") == "'a\\nb'"
    assert shown(" a") == "' a'"
