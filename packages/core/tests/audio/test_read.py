from __future__ import annotations

import logging
import os
import shutil
import struct
import threading

import numpy as np
import pytest
import soundfile

from audioml.core.audio import read, read_blocks, write
from audioml.core.audio.stdin import regular, spooled
from audioml.core.errors import AudioError, OutputError
from audioml.core.testing import music, noise, sine
from audioml.core.values import Audio

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


PROSE = b"this is not music, it is prose\n" * 50


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp3", PROSE),
        ("text.MP2", PROSE),
        ("text.txt", PROSE.decode().encode("utf-16")),
        ("zeros.mp3", bytes(5000)),
    ],
)
def test_a_decoder_adds_nothing_to_our_sentence(
    tmp_path, monkeypatch, capfd, name, content
) -> None:
    monkeypatch.setenv("PATH", "")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match="no MPEG frames"):
        read(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("before", [b"", b"junk\r\n", bytes(30_000), b"\xff\xfb" + bytes(500)])
def test_an_mp3_is_found_behind_what_does_not_belong(tmp_path, monkeypatch, before) -> None:
    monkeypatch.setenv("PATH", "")
    path = tmp_path / "tone.mp3"
    write(path, sine(440.0, 2.0))
    path.write_bytes(before + path.read_bytes())
    assert read(path).duration == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff", "caf", "au"])
def test_sound_is_read_whatever_it_is_called(tmp_path, monkeypatch, suffix) -> None:
    monkeypatch.setenv("PATH", "")
    path = tmp_path / f"tone.{suffix}"
    write(path, sine(440.0, 0.5))
    assert read(path.rename(tmp_path / "tone.mp3")).duration == pytest.approx(0.5)


def test_raw_samples_are_refused_in_a_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    path = tmp_path / "x.raw"
    write(path, noise(0.1), subtype="PCM_16")
    with pytest.raises(AudioError, match="is not audio"):
        read(path)


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


@pytest.fixture
def pipe(tmp_path):
    """A function that gives a pipe from which bytes can be read once, as ``<(cat x.wav)`` does."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path, threads = tmp_path / "pipe", []

    def make(content):
        os.mkfifo(path)
        threads.append(threading.Thread(target=path.write_bytes, args=[content]))
        threads[-1].start()
        return path

    yield make
    for thread in threads:
        thread.join()


def test_a_pipe_is_read(tmp_path, pipe) -> None:
    write(tmp_path / "x.wav", noise(1.0))
    content = (tmp_path / "x.wav").read_bytes()
    assert read(pipe(content)).duration == pytest.approx(1.0)


def test_a_pipe_becomes_a_file_that_is_read_twice(pipe) -> None:
    with regular(pipe(b"abc")) as path:
        assert path.read_bytes() == path.read_bytes() == b"abc"
    assert not path.exists()


def test_an_empty_pipe_is_said_with_its_name(pipe) -> None:
    with pytest.raises(AudioError, match=r"pipe is empty; expected the bytes"):
        read(pipe(b""))


def test_a_file_stays_where_it_is(tmp_path) -> None:
    for path in (tmp_path / "missing", tmp_path, tmp_path / "file"):
        if path.name == "file":
            path.touch()
        with regular(path) as same:
            assert same == path


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


def test_opus_is_opus(tmp_path) -> None:
    path = tmp_path / "x.opus"
    write(path, sine(440.0, 1.0, rate=48000))
    assert soundfile.info(path).subtype == "OPUS"
    assert read(path).duration == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype", "said"),
    [
        ("x.opus", 44100, 1, None, r"44100 Hz.*only supports sample rates of 8000, .* 48000$"),
        ("x.mp3", 96000, 1, None, "96000 Hz.*only supports sample rates"),
        ("x.mp3", 44100, 3, None, "3 channels"),
        ("x.ogg", 300_000, 1, None, "takes up to 200000 Hz and 255 channels"),
        ("x.ogg", 44100, 256, None, "takes up to 200000 Hz and 255 channels"),
        ("x.wav", 44100, 1, "bad", "subtype 'bad' is not one of PCM_16, "),
        ("x.flac", 44100, 1, "FLOAT", "subtype 'FLOAT' is not one of PCM_S8, PCM_16, PCM_24"),
        ("x.raw", 44100, 1, None, "subtype None is not one of "),
    ],
)
def test_what_a_format_cannot_hold_is_said(tmp_path, name, rate, channels, subtype, said) -> None:
    with pytest.raises(OutputError, match=said) as raised:
        write(tmp_path / name, Audio(np.zeros((channels, 4800)), rate), subtype=subtype)
    assert ".part" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_header_that_was_never_finished_does_not_hide_the_sound(tmp_path, subtype) -> None:
    path = tmp_path / "killed.wav"
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (5000, 2)).astype(np.float32)
    soundfile.write(path, sound, 8000, subtype=subtype)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    whole = read(path).samples
    data[4:8] = data[at : at + 4] = bytes(4)
    path.write_bytes(data)
    told: list[str] = []
    blocks = list(read_blocks(path, block=999, damaged=told.append))
    np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks], axis=1), whole)
    assert blocks[1].start == 999 / 8000
    assert told == [f"{path} has a header that was never finished; all that follows is used"]
