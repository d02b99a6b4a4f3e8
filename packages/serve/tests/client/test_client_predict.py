from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest
import soundfile
from stand_in import PREDICTION, SOURCE, Handler, Reply, document, problem

from audioml.core.errors import AudioError, UsageError, WorkerError
from audioml.core.values import Audio
from audioml.serve.client import Client


def test_a_prediction_comes_back_as_it_was(client):
    found = client.predict("tiny", b"RIFF")
    assert list(found) == list(PREDICTION)
    embedding = found["embedding"]
    assert embedding.values.dtype == np.uint8
    np.testing.assert_array_equal(embedding.values, PREDICTION["embedding"].values)
    assert (embedding.hop, embedding.start, embedding.source) == (0.96, 0.5, SOURCE)
    likelihood = found["likelihood"]
    assert likelihood.values.dtype == np.float32
    np.testing.assert_array_equal(likelihood.values, PREDICTION["likelihood"].values)
    assert likelihood.labels == ("yes",)
    beats = found["beats"]
    assert (beats.namespace, beats.values, beats.source) == ("beat", (1, 2), SOURCE)
    np.testing.assert_array_equal(beats.intervals, PREDICTION["beats"].intervals)
    np.testing.assert_array_equal(beats.confidence, PREDICTION["beats"].confidence)


def test_options_are_the_query(client, stand):
    client.predict("a b/c", b"x", hop=0.48, output="raw", pooled=True, left_out=None)
    asked = stand.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/models/a%20b%2Fc/predict")
    assert asked.query == {"hop": "0.48", "output": "raw", "pooled": "true"}


@pytest.mark.parametrize(
    ("name", "media"), [("a.wav", "wav"), ("a.flac", "flac"), ("a.mp3", "mpeg"), ("a", "octet")]
)
def test_a_file_is_the_body_and_its_name_says_what_it_is(client, stand, tmp_path, name, media):
    path = tmp_path / name
    path.write_bytes(os.urandom(200_000))
    client.predict("tiny", path)
    assert stand.asked[0].body == path.read_bytes()
    assert stand.asked[0].headers["Content-Length"] == "200000"
    assert media in stand.asked[0].headers["Content-Type"]


def test_a_file_object_is_sent_from_where_it_stands_and_stays_open(client, stand):
    file = io.BytesIO(b"gone, sent")
    file.seek(6)
    client.predict("tiny", file)
    assert (stand.asked[0].body, file.closed) == (b"sent", False)


def test_a_pipe_is_sent_in_chunks(client, stand):
    reader, writer = os.pipe()
    os.write(writer, b"from a pipe")
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        client.predict("tiny", file)
    assert stand.asked[0].body == b"from a pipe"
    assert stand.asked[0].headers["Transfer-Encoding"] == "chunked"


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_samples_are_sent_bit_for_bit(client, stand, channels):
    samples = np.random.default_rng(channels).normal(0, 2, (channels, 1001)).astype(np.float32)
    client.predict("tiny", Audio(samples, 22050))
    client.predict("tiny", samples, 22050)
    for asked in stand.asked:
        read, rate = soundfile.read(io.BytesIO(asked.body), dtype="float32", always_2d=True)
        np.testing.assert_array_equal(read.T, samples)
        assert (rate, asked.headers["Content-Type"]) == (22050, "audio/wav")


def test_no_samples_at_all_are_a_wav_file_too(client, stand):
    client.predict("tiny", np.zeros(0, np.float32), 8000)
    assert soundfile.info(io.BytesIO(stand.asked[0].body)).frames == 0


@pytest.mark.parametrize(
    ("audio", "sr", "said"),
    [
        (np.zeros(4, np.float32), None, "samples need their rate"),
        (b"RIFF", 8000, "sr=8000 goes with an array"),
        (17, None, "expected a path, bytes, a binary file, Audio or an array"),
        (io.StringIO("text"), None, "opened as text"),
    ],
)
def test_what_is_no_sound_is_refused_here(client, stand, audio, sr, said):
    with pytest.raises(UsageError, match=said):
        client.predict("tiny", audio, sr)
    assert not stand.asked


def test_a_file_that_is_not_there_is_said_here(client, stand, tmp_path):
    with pytest.raises(AudioError, match="gone.wav: No such file"):
        client.predict("tiny", tmp_path / "gone.wav")
    assert not stand.asked


def test_a_file_is_sent_again_from_its_beginning(client, stand, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(os.urandom(300_000))
    stand.will(
        problem(503, "busy", **{"Retry-After": "0"}),
        Reply(by=_read_and_reset),
        Reply(body=document(PREDICTION)),
    )
    client.predict("tiny", path)
    assert [asked.body for asked in (stand.asked[0], stand.asked[2])] == [path.read_bytes()] * 2


def _read_and_reset(handler: Handler) -> None:
    handler.whole_body()
    handler.reset()


def test_a_file_that_shrinks_while_it_is_sent_is_said(client, stand, tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(1000))
    from audioml.serve.client import body

    opened = body.FileOf(path)
    path.write_bytes(bytes(10))
    monkeypatch.setattr("audioml.serve.client.sound.FileOf", lambda _: opened)
    with pytest.raises(AudioError, match="had 1000 bytes, now 10; send it once it is written"):
        client.predict("tiny", path)


def test_a_file_in_another_format_is_given_as_bytes(client, stand):
    stand.will(Reply(body=b"time,value\r\n", media="text/csv"))
    assert client.answer("tiny", b"RIFF", format="csv", hop=1) == b"time,value\r\n"
    assert stand.asked[0].query == {"hop": "1", "format": "csv"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>hello</html>", "expected JSON from the server, got '<html>hello</html>'"),
        (b"[]", "expected JSON"),
        (b"", "expected JSON"),
        (b'{"estimators": 3}', "expected one model's answer"),
        (b'{"estimators": {"a": {}, "b": {}}}', "expected one model's answer"),
        (b'{"estimators": {"a": {"x": {"kind": "frames"}}}}', "expected a prediction"),
        (b'{"estimators": {"a": {"x": 3}}}', "expected a prediction"),
    ],
)
def test_an_answer_that_is_no_document_is_said(client, stand, body, said):
    stand.will(Reply(body=body))
    with pytest.raises(WorkerError, match=said):
        client.predict("tiny", b"RIFF")


def test_threads_share_a_client(client, stand):
    found = []

    def ask() -> None:
        found.extend(client.predict("tiny", b"RIFF") for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20


def test_the_address_and_the_key_come_from_the_environment(stand, monkeypatch):
    monkeypatch.setenv("AUDIOML_SERVE_URL", stand.url + "/under/")
    monkeypatch.setenv("AUDIOML_API_KEY", "s3cret")
    with Client() as client:
        client.predict("tiny", b"RIFF")
    assert stand.asked[0].path == "/under/v1/models/tiny/predict"
    assert stand.asked[0].headers["Authorization"] == "Bearer s3cret"


def test_what_is_given_goes_before_the_environment(stand, monkeypatch):
    monkeypatch.setenv("AUDIOML_SERVE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AUDIOML_API_KEY", "another")
    with Client(stand.url, key="s3cret") as client:
        client.predict("tiny", b"RIFF")
    assert stand.asked[0].headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://here", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(UsageError, match="expected an address like http://"):
        Client(url)
