from __future__ import annotations

import logging
import os
import shutil
import struct

import numpy as np
import pytest
import soundfile

from audioml.core.audio import read, read_blocks, write
from audioml.core.audio.stdin import spooled
from audioml.core.errors import AudioError, OutputError
from audioml.core.testing import music, noise, sine

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
HEADER = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88X\1\0\2\0\x10\0data\0\0\0\0"


@pytest.fixture
def as_nobody():
    """Run the test as a user who may not do everything."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions are otherwise on this system")
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_what_is_written_is_read(tmp_path, suffix) -> None:
    path = tmp_path / f"tone.{suffix}"
    tone = sine(440.0, 2.0)
    write(path, tone)
    back = read(path)
    assert (back.rate, back.channels) == (44100, 1)
    assert abs(back.duration - 2.0) < 0.06
    assert abs(np.abs(back.samples).max() - 0.5) < 0.02


def test_blocks_are_the_file_and_keep_its_time(tmp_path) -> None:
    path = tmp_path / "noise.wav"
    write(path, noise(1.0), subtype="FLOAT")
    blocks = list(read_blocks(path, block=10007))
    assert [b.start for b in blocks[:3]] == [0.0, 10007 / 44100, 20014 / 44100]
    joined = np.concatenate([b.samples for b in blocks], axis=1)
    np.testing.assert_array_equal(joined, noise(1.0).samples)


@pytest.mark.parametrize(
    "name", ["é à.wav", "日本.wav", "with\nnewline.wav", " blank .wav", "-o.wav"]
)
def test_any_name_will_do(tmp_path, name) -> None:
    path = tmp_path / name
    write(path, noise(0.1))
    assert read(path).duration == pytest.approx(0.1)
    path.write_bytes(b"")
    with pytest.raises(AudioError) as raised:
        read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mp3", b"", r"is empty \(0 bytes\)"),
        ("text.mp3", b"this is not music, it is prose\n" * 50, "not|cannot"),
        ("random.wav", bytes(range(256)) * 20, "not|cannot"),
        ("header.wav", HEADER, "holds a header but no samples"),
    ],
)
@pytest.mark.parametrize("ffmpeg", [True, False])
def test_what_is_no_audio_is_said_in_one_sentence(
    tmp_path, monkeypatch, name, content, said, ffmpeg
) -> None:
    if not ffmpeg:
        monkeypatch.setenv("PATH", "")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match=said) as raised:
        read(path)
    assert name in str(raised.value)


def test_missing_files_and_folders_are_said(tmp_path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        read(tmp_path / "no.wav")
    with pytest.raises(AudioError, match="is a folder"):
        read(tmp_path)


@pytest.fixture
def secret(tmp_path):
    """A recording that nobody may read."""
    path = tmp_path / "secret.wav"
    write(path, noise(0.1))
    path.chmod(0)
    return path


def test_unreadable_files_are_said(secret, as_nobody) -> None:
    with pytest.raises(AudioError, match="cannot be read: Permission denied"):
        read(secret)


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path, caplog, suffix) -> None:
    path = tmp_path / f"cut.{suffix}"
    write(path, music()[0])
    whole = read(path).duration
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with caplog.at_level(logging.WARNING, "audioml"):
        cut = read(path)
    assert 0.3 * whole < cut.duration < 0.7 * whole
    assert "is cut short" in caplog.text


def test_a_wav_that_was_never_finished_is_read(tmp_path, caplog) -> None:
    path = tmp_path / "stream.wav"
    write(path, noise(1.0))
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(bytes(data))
    assert read(path).duration == pytest.approx(1.0)
    assert not caplog.records


@needs_ffmpeg
def test_ffmpeg_reads_what_libsndfile_does_not(tmp_path) -> None:
    import subprocess

    wav, m4a = tmp_path / "a.wav", tmp_path / "a: b.m4a"
    write(wav, sine(440.0, 1.0, rate=48000))
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", "aac", f"file:{m4a}"], check=True)
    back = read(m4a)
    assert (back.rate, back.channels) == (48000, 1)
    assert abs(back.duration - 1.0) < 0.1
    assert 0.4 < np.abs(back.samples[:, 9000:-9000]).max() < 0.6


def test_without_ffmpeg_the_sentence_says_what_to_do(tmp_path, monkeypatch) -> None:
    path = tmp_path / "song.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AudioError, match="install ffmpeg"):
        read(path)


@pytest.mark.parametrize("rate", [8000, 192000])
@pytest.mark.parametrize("channels", [1, 8])
def test_rates_and_channels_are_kept(tmp_path, rate, channels) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((rate // 10, channels)), rate)
    audio = read(path)
    assert (audio.rate, audio.channels) == (rate, channels)


def test_standard_input_is_a_file_for_a_while() -> None:
    import io

    with spooled(io.BytesIO(b"abc")) as path:
        assert path.read_bytes() == b"abc"
    assert not path.exists()
    with pytest.raises(AudioError, match="standard input is empty"), spooled(io.BytesIO()):
        pass


def test_a_failed_write_leaves_what_was_there(tmp_path) -> None:
    path = tmp_path / "x.wav"
    write(path, noise(0.1))
    before = path.read_bytes()

    def blocks():
        yield noise(0.1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, blocks())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.wav"]


def test_unwritable_places_are_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "file" / "x.wav", noise(0.1))
    with pytest.raises(OutputError, match="unknown format 'XYZ'"):
        write(tmp_path / "x.xyz", noise(0.1))
