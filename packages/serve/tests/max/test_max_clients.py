"""What clients of the original do, from its tests and its README, against a server of ours."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from max_cases import int16, wav
from max_fakes import FakeService, application, running
from max_wire import Case, Part, send


@pytest.fixture(scope="module")
def url():
    with running(application(FakeService())) as address:
        yield address


@pytest.fixture(scope="module")
def horn():
    """As long as the car horn of the original's samples, and of its form: 44.1 kHz, stereo."""
    return wav(int16(190609, channels=2), rate=44100, channels=2)


def ask(url, method, path, *parts):
    reply = send(url, Case("", method, path, parts=parts))
    return reply, json.loads(reply.body)


def test_the_document_is_swagger_and_names_the_server(url):
    reply, document = ask(url, "GET", "/swagger.json")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert "swagger" in document
    assert document["info"]["title"] == "MAX Audio Embedding Generator"
    assert document["info"]["description"] == "Generate embedding vectors from audio files."


def test_the_metadata_is_that_of_the_model(url):
    reply, metadata = ask(url, "GET", "/model/metadata")
    assert reply.status == 200
    assert metadata == {
        "id": "audio_embeddings-tf",
        "name": "audio_embeddings TensorFlow Model",
        "description": "audio_embeddings TensorFlow model trained on Audio Set",
        "type": "audio_embeddings",
        "license": "Apache 2.0",
        "source": "https://developer.ibm.com/exchanges/models/all/max-audio-embedding-generator/",
    }


def test_a_recording_of_four_seconds_has_four_rows_of_128(url, horn):
    part = Part(horn, filename="samples/car-horn.wav", media="audio/wav")
    reply, answer = ask(url, "POST", "/model/predict", part)
    assert reply.status == 200
    assert answer["status"] == "ok"
    assert [len(row) for row in answer["embedding"]] == [128] * 4
    assert answer["result"] == answer["embedding"]


def test_what_does_not_say_that_it_is_audio_is_refused(url):
    part = Part(b"import requests\n", filename="tests/test.py", media="text/x-python")
    reply, answer = ask(url, "POST", "/model/predict", part)
    assert reply.status == 400
    assert answer == {"status": "error", "message": "Invalid file type/extension"}


def test_the_curl_command_of_the_readme_prints_the_embedding(url, horn, tmp_path):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    (tmp_path / "car-horn.wav").write_bytes(horn)
    command = [curl, "-sS", "-F", "audio=@car-horn.wav", "-XPOST", f"{url}/model/predict"]
    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
    answer = json.loads(printed)
    assert answer["status"] == "ok"
    assert len(answer["embedding"]) == 4


def test_every_number_is_a_float(url, horn):
    reply = send(url, Case("", parts=(Part(horn),)))
    rows = json.loads(reply.body, parse_int=pytest.fail)["embedding"]
    assert rows[3][:3] == [3.0, 4.0, 5.0]


def test_a_recording_that_is_no_wav_is_embedded_too(url, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    import numpy as np

    soundfile.write(tmp_path / "clip.flac", np.zeros(16000), 16000)
    flac = Part((tmp_path / "clip.flac").read_bytes(), filename="clip.wav")
    assert len(ask(url, "POST", "/model/predict", flac)[1]["embedding"]) == 1
