from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import soundfile

from audioml.analyze.report import sound
from audioml.analyze.report.sound import embed, waveform


def decoded(address):
    head, data = address.split(",", 1)
    return head, base64.b64decode(data)


def test_a_file_that_browsers_play_is_embedded_as_it_is(wav):
    head, data = decoded(embed(wav).address)
    assert head == "data:audio/wav;base64"
    assert data == wav.read_bytes()


@pytest.mark.parametrize(
    ("suffix", "head"), [("flac", "audio/flac"), ("ogg", "audio/ogg"), ("mp3", "audio/mpeg")]
)
def test_the_kind_is_told_by_content(tmp_path, suffix, head):
    path = tmp_path / "song.bin"
    soundfile.write(path, np.zeros(16000), 16000, format=suffix.upper())
    assert decoded(embed(path).address)[0] == f"data:{head};base64"


@pytest.mark.parametrize(("rate", "played"), [(16000, 16000), (22050, 32000), (96000, 48000)])
def test_what_browsers_do_not_play_becomes_mono_mp3(tmp_path, rate, played):
    path = tmp_path / "song.aiff"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
    soundfile.write(path, np.c_[tone, tone], rate)
    head, data = decoded(embed(path).address)
    assert head == "data:audio/mpeg;base64"
    heard, heard_rate = soundfile.read(io.BytesIO(data))
    assert (heard.ndim, heard_rate) == (1, played)
    assert len(heard) == pytest.approx(2 * played, abs=played // 10)
    assert np.abs(heard).max() == pytest.approx(0.5, abs=0.1)


def test_a_large_file_becomes_mp3(wav, monkeypatch):
    monkeypatch.setattr(sound, "_AS_IS", 1000)
    head, data = decoded(embed(wav).address)
    assert head == "data:audio/mpeg;base64"
    assert len(data) < wav.stat().st_size / 2


def test_a_recording_too_long_for_a_page_is_left_out(wav, monkeypatch):
    monkeypatch.setattr(sound, "_AS_IS", 1000)
    monkeypatch.setattr(sound, "_LONGEST", 1000)
    assert embed(wav).address == ""
    assert "too long" in embed(wav).reason


def test_a_file_that_is_gone_is_a_reason(tmp_path):
    reason = embed(tmp_path / "gone.wav").reason
    assert "could not be read" in reason
    assert str(tmp_path) not in reason
    assert waveform(tmp_path / "gone.wav", 1.0, 10) is None


def test_the_waveform_is_peak_and_root_mean_square_of_each_stretch(tmp_path):
    path = tmp_path / "noise.wav"
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (300_000, 2)).astype(np.float32)
    soundfile.write(path, samples, 8000, subtype="FLOAT")
    shape = waveform(path, 300_000 / 8000, 300)
    parts = samples.reshape(300, 1000, 2)
    loudest = np.abs(samples).max()
    np.testing.assert_allclose(shape.peaks, np.abs(parts).max(axis=(1, 2)) / loudest, rtol=1e-6)
    means = np.sqrt(np.square(parts, dtype=np.float64).mean(axis=(1, 2))) / loudest
    np.testing.assert_allclose(shape.means, means, rtol=1e-4)


@pytest.mark.parametrize("duration", [1.0, 0.7, 1.6])
def test_a_duration_that_is_not_the_files_still_gives_a_waveform(tmp_path, duration):
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.full(8000, 0.5), 8000)
    peaks = waveform(path, duration, 1000).peaks
    drawn = min(1.0, 1.0 / duration)
    assert peaks.shape == (1000,)
    assert (peaks[: int(drawn * 1000)] == 1).all()
    assert (peaks[int(drawn * 1000) + 1 :] == 0).all()


def test_silence_has_a_flat_waveform(tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(800), 8000)
    assert waveform(path, 0.1, 4).peaks.tolist() == [0.0] * 4
