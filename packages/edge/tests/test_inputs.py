"""What becomes of every kind of file that a recorder leaves behind."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from edge_tiny import write_wav

from audioml.core import load
from audioml.core.errors import AudiomlError
from audioml.edge.inputs import analyse
from audioml.edge.watch.scan import look

TONE = (0.5 * np.sin(np.arange(16000) * 0.3)).astype(np.float32)


def _cut(path: Path) -> None:
    path.write_bytes(write_wav(path, seconds=2).read_bytes()[:20_000])


def _unfinished(path: Path) -> None:
    data = bytearray(write_wav(path, seconds=2).read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0)
    path.write_bytes(data)


def _streamed(path: Path) -> None:
    data = bytearray(write_wav(path, seconds=2).read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)


def _nan(path: Path) -> None:
    broken = TONE.copy()
    broken[100:110] = np.nan
    soundfile.write(path, broken, 8000, subtype="FLOAT")


OK = {
    "plain": (lambda p: write_wav(p, seconds=2), "ok", ""),
    "24 bits": (lambda p: soundfile.write(p, TONE, 8000, subtype="PCM_24"), "ok", ""),
    "float": (lambda p: soundfile.write(p, TONE, 8000, subtype="FLOAT"), "ok", ""),
    "stereo": (lambda p: soundfile.write(p, np.stack([TONE, TONE], 1), 8000), "ok", ""),
    "44.1 kHz": (lambda p: write_wav(p, seconds=2, rate=44100), "ok", "resampled"),
    "96 kHz": (lambda p: write_wav(p, seconds=2, rate=96000), "ok", "resampled"),
    "11 kHz": (lambda p: write_wav(p, seconds=2, rate=11025), "ok", "resampled"),
    "0.3 s": (lambda p: write_wav(p, seconds=0.3), "ok", "short"),
    "silence": (lambda p: write_wav(p, seconds=2, level=0.0), "ok", "silent"),
    "clipped": (lambda p: write_wav(p, seconds=2, level=1.0), "ok", "clipped"),
    "streamed header": (_streamed, "ok", ""),
    "truncated": (_cut, "truncated", ""),
    "unfinished header": (_unfinished, "truncated", ""),
}
BAD = {
    "empty": (lambda p: p.write_bytes(b""), "is empty"),
    "header only": (lambda p: write_wav(p, seconds=0), "no samples"),
    "random": (lambda p: p.write_bytes(np.random.default_rng(0).bytes(5000)), "not audio"),
    "text": (lambda p: p.write_text("this is not a recording\n" * 50), "not audio"),
    "NaN": (_nan, "not a finite number"),
    "a folder": (lambda p: p.mkdir(), "is a folder"),
}


@pytest.fixture
def model(tiny_model):
    return load(tiny_model)


@pytest.mark.parametrize("kind", OK)
def test_what_holds_sound_is_analysed(kind, folder, model) -> None:
    write, status, flags = OK[kind]
    write(folder / "a.wav")
    found = look(folder, "a.wav")
    result = analyse(folder, found, model)
    assert result.status == status
    assert result.flags == tuple(flags.split())
    assert np.isfinite(result.heads["scores"].values).all()
    assert result.key == found.key
    assert abs(result.duration - {"0.3 s": 0.3, "truncated": 1.2}.get(kind, 2.0)) < 0.05
    if kind == "unfinished header":
        assert result.duration == 2.0


@pytest.mark.parametrize("kind", BAD)
def test_what_holds_none_is_refused_with_its_reason(kind, folder, model, monkeypatch) -> None:
    monkeypatch.setattr("audioml.core.audio.ffmpeg.available", lambda: False)
    write, reason = BAD[kind]
    write(folder / "a.wav")
    found = look(folder, "a.wav") or look(folder.parent, folder.name) or None
    from audioml.edge.rows import Found

    with pytest.raises(AudiomlError, match=reason):
        analyse(folder, found or Found("a.wav", 0, 0), model)


def test_another_rate_gives_the_same_levels(folder, model) -> None:
    levels = []
    for rate in (8000, 44100, 48000):
        write_wav(folder / "a.wav", seconds=3, rate=rate)
        levels.append(analyse(folder, look(folder, "a.wav"), model).heads["scores"].values[2:-2])
    np.testing.assert_allclose(levels[1], levels[0], atol=1e-2)
    np.testing.assert_allclose(levels[2], levels[0], atol=1e-2)


def test_a_long_file_can_be_given_up_in_the_middle(folder, model) -> None:
    write_wav(folder / "a.wav", seconds=60, rate=44100)
    calls = []

    class Enough(Exception):
        pass

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Enough

    with pytest.raises(Enough):
        analyse(folder, look(folder, "a.wav"), model, check=check)
