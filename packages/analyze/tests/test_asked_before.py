"""What was answered before: ``--resume`` and the cache."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from audioml.core.audio import write
from audioml.core.testing import noise


def chords(text: str) -> list[str]:
    return [e["value"] for a in json.loads(text)["annotations"] for e in a["data"]]


def test_resume_does_what_is_left(fake, audioml_cli, song, tmp_path) -> None:
    other = song.with_name("other.wav")
    shutil.copy(song, other)
    arguments = ["analyze", str(song.parent), "-e", "fake", "-o", str(tmp_path / "o"), "--resume"]
    audioml_cli(*arguments)
    (tmp_path / "o" / "other.jams").unlink()
    assert "1 analysed, 1 done before" in audioml_cli(*arguments).err
    later = other.stat().st_mtime_ns + 10**10
    os.utime(other, ns=(later, later))
    assert "1 analysed, 1 done before" in audioml_cli(*arguments).err


def test_resume_wants_outputs_that_hold_something(fake, audioml_cli, song, tmp_path) -> None:
    out = tmp_path / "x.jams"
    arguments = ["analyze", str(song), "-e", "fake", "-o", str(out), "--no-cache", "--resume"]
    audioml_cli(*arguments)
    audioml_cli(*arguments)
    assert len(fake.CALLS) == 1
    out.write_bytes(b"")
    audioml_cli(*arguments)
    assert len(fake.CALLS) == 2
    assert out.stat().st_size > 100


def test_resume_knows_which_question_a_file_answers(fake, audioml_cli, song, tmp_path) -> None:
    other = tmp_path / "elsewhere" / "song.wav"
    other.parent.mkdir()
    write(other, noise(1.0))
    out = ["-o", f"{tmp_path}/o/", "-f", "lab", "--resume"]
    for recording, estimator, calls in (
        (song, "fake", 1),
        (song, "fake", 1),
        (song, "chatty", 2),
        (other, "chatty", 3),
        (other, "chatty", 3),
    ):
        arguments = ["analyze", str(recording), "-e", estimator, "--no-cache", *out]
        assert audioml_cli(*arguments).code == 0
        assert len(fake.CALLS) == calls, (recording, estimator)


def test_the_limit_of_the_cache_is_checked_at_once(fake, audioml_cli, song, monkeypatch) -> None:
    for wrong in ("abc", "-1", "1.5", "0", ""):
        monkeypatch.setenv("AUDIOML_CACHE_MB", wrong)
        result = audioml_cli("analyze", str(song), "-e", "fake")
        assert result.code == 2
        assert "AUDIOML_CACHE_MB" in result.err


def test_the_cache_answers_for_equal_content_and_only_then(fake, audioml_cli, song) -> None:
    first = audioml_cli("analyze", str(song), "-e", "fake").out
    assert audioml_cli("analyze", str(song), "-e", "fake").out == first
    moved = song.rename(song.with_name("moved.wav"))
    assert chords(audioml_cli("analyze", str(moved), "-e", "fake").out) == ["C:maj", "N"]
    assert len(fake.CALLS) == 1
    audioml_cli("analyze", str(moved), "-e", "fake", "--no-cache")
    assert len(fake.CALLS) == 2
    write(moved, noise(1.0))
    audioml_cli("analyze", str(moved), "-e", "fake")
    assert fake.CALLS[-1] == pytest.approx(1.0)


def test_a_damaged_cache_is_made_anew(fake, audioml_cli, audioml_home, song) -> None:
    audioml_cli("analyze", str(song), "-e", "fake")
    for size in (50, 0):
        for entry in (audioml_home / "cache").rglob("*.npz"):
            entry.write_bytes(entry.read_bytes()[:size])
        assert chords(audioml_cli("analyze", str(song), "-e", "fake").out) == ["C:maj", "N"]
    assert len(fake.CALLS) == 3
