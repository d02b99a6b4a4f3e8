from __future__ import annotations

import logging
import shutil
import subprocess

import numpy as np
import pytest

from audioml.core.audio import ffmpeg, read, read_blocks, write
from audioml.core.errors import AudioError
from audioml.core.testing import sine

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture
def convert(tmp_path):
    """A function that writes a tone of 4 s at 48 kHz as ffmpeg encodes it for a name."""

    def run(name, *options):
        wav, path = tmp_path / "tone.wav", tmp_path / name
        write(wav, sine(440.0, 4.0, rate=48000))
        command = ["ffmpeg", "-v", "error", "-i", wav, *options, f"file:{path}"]
        subprocess.run(command, check=True)
        return path

    return run


@pytest.fixture
def processes(monkeypatch):
    """Every process that is started from here on."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            started.append(self)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return started


def cut(path, *, at):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * at)])
    return path


@pytest.mark.parametrize(
    "name", ["a: b.m4a", "a.mkv", "a.webm", "a.wma", "a.aac", "a.ac3", "a.wv", "a.tta", "a.avi"]
)
def test_ffmpeg_reads_what_libsndfile_does_not(convert, caplog, name) -> None:
    back = read(convert(name))
    assert (back.rate, back.channels) == (48000, 1)
    assert abs(back.duration - 4.0) < 0.1
    assert 0.4 < np.abs(back.samples[:, 9000:-9000]).max() < 0.6
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "options"), [("a.m4a", ["-movflags", "+faststart"]), ("a.mkv", [])]
)
def test_a_truncated_file_is_read_as_far_as_it_goes(convert, caplog, name, options) -> None:
    path = cut(convert(name, *options), at=0.5)
    with caplog.at_level(logging.WARNING, "audioml"):
        seconds = read(path).duration
    assert 0.5 < seconds < 2.5
    assert f"{name} is cut short; its first {seconds:.2f} s are used" in caplog.text


def test_a_damaged_file_is_used_and_said(convert, caplog) -> None:
    path = convert("a.m4a", "-movflags", "+faststart")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2048] = bytes(range(256)) * 8
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, "audioml"):
        assert 3.0 < read(path).duration < 4.1
    assert "a.m4a is damaged (Invalid data found" in caplog.text


def test_a_file_without_its_index_is_refused(convert) -> None:
    with pytest.raises(AudioError, match=r"a\.m4a cannot be decoded as audio: "):
        read(cut(convert("a.m4a"), at=0.5))


def test_whoever_stops_early_leaves_no_process_and_no_warning(convert, processes, caplog) -> None:
    blocks = read_blocks(convert("a.m4a"), block=1000)
    processes.clear()
    next(blocks)
    assert [each.poll() for each in processes] == [None]
    blocks.close()
    assert processes[0].returncode is not None
    assert not caplog.records


def test_a_decoder_that_dies_is_said(convert, processes, caplog) -> None:
    path = convert("a.m4a")
    processes.clear()
    blocks = ffmpeg.read_blocks(path, block=1000)
    next(blocks)
    processes[0].kill()
    with caplog.at_level(logging.WARNING, "audioml"):
        list(blocks)
    assert "a.m4a is damaged (ffmpeg ended with status " in caplog.text


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("secret", "playlist"),
    [("other.ts", HLS), ("other.wav", "ffconcat version 1.0\nfile {.name}\n")],
)
def test_a_playlist_does_not_read_other_files(convert, tmp_path, secret, playlist) -> None:
    path = tmp_path / "song.mp3"
    path.write_text(playlist.format(convert(secret)))
    with pytest.raises(AudioError, match=r"song\.mp3 cannot be decoded .* not one of aac, ac3"):
        read(path)
