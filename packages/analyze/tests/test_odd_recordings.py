"""Recordings that are odd but are recordings: each is answered, and the JAMS is valid."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import soundfile

from audioml.core.testing import music, noise, silence, sine

pytestmark = pytest.mark.weights

SONG = music(bar=0.5)[0].samples[0]
ODD = {
    "silence": (silence(3.0).samples[0], 44100, "PCM_16"),
    "noise": (noise(3.0).samples[0], 44100, "PCM_16"),
    "fifty milliseconds": (sine(seconds=0.05).samples[0], 44100, "PCM_16"),
    "one sample": (np.ones(1) * 0.5, 44100, "PCM_16"),
    "eight channels": (np.stack([SONG] * 8, axis=1), 44100, "PCM_16"),
    "8 kHz": (SONG[::5], 8000, "PCM_16"),
    "192 kHz": (np.repeat(SONG, 4), 192000, "PCM_16"),
    "eight bits": (SONG, 44100, "PCM_U8"),
    "24 bits": (SONG, 44100, "PCM_24"),
    "float that overshoots": (SONG * 3, 44100, "FLOAT"),
    "nearly silent": (SONG * 1e-4, 44100, "FLOAT"),
}


@pytest.mark.parametrize("name", ODD)
def test_it_is_answered(name, weights, audioml_cli, tmp_path) -> None:
    samples, rate, subtype = ODD[name]
    path = tmp_path / f"{name}.wav"
    soundfile.write(path, samples, rate, subtype)
    result = audioml_cli("analyze", str(path))
    assert result.code == 0, result.err
    assert "warning: " not in result.err.replace("warning: " + str(path) + " has no tag", "")
    duration = len(samples) / rate
    events = json.loads(result.out)["annotations"][0]["data"]
    assert events[0]["time"] == 0
    assert events[-1]["time"] + events[-1]["duration"] == pytest.approx(duration, abs=1 / 44100)
    if name == "silence":
        assert [event["value"] for event in events] == ["N"]
    jams = pytest.importorskip("jams")
    assert jams.load(io.StringIO(result.out)).validate(strict=True)
