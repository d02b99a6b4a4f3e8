"""A folder of a WaveNet behind `audioml serve`."""

import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

pytest.importorskip("audioml.serve.service", reason="audioml-serve is not installed")

from audioml.core import load
from audioml.core.corpus.encoding import encode
from audioml.core.stages import GenerationOptions
from audioml.serve.service import build
from audioml.serve.settings import Settings


@pytest.fixture
def folder(model_folder, audioml_home):
    return model_folder(rate=4000)


@pytest.fixture
def client(folder):
    service = build(Settings(models=(str(folder),)))
    yield service.app.test_client()
    service.close()


def test_a_song_is_sent_as_wav(client, folder):
    told = {"seconds": 0.25, "seed": 3, "temperature": 0.8, "top_k": 50}
    answer = client.post("/v1/models/tiny/generate", json=told)
    assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
    heard, rate = soundfile.read(io.BytesIO(answer.data), dtype="int16")
    assert rate == 4000
    options = replace(GenerationOptions(0.25), seed=3, temperature=0.8, top_k=50)
    made = np.concatenate([block.samples[0] for block in load(folder).start(options)])
    assert np.array_equal(heard, encode(made, "int16"))


@pytest.mark.parametrize("told", [{"seconds": 0.1, "top_p": 0}, {"seconds": -1}, {"tempo": 3}])
def test_what_makes_no_sense_is_told_before_a_sound(client, told):
    answer = client.post("/v1/models/tiny/generate", json=told)
    assert answer.status_code == 400, answer.data
