"""Every method of the client against the true server, in a process of its own."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audioml.core.errors import AudioError, NotFoundError, UsageError
from audioml.core.values import Audio, Prediction
from audioml.serve.client import Client
from audioml.serve.client.ping import ping

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the server is run by gunicorn")
RATE = 4000


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("client_hosted.py")), str(folder)],
        env={**os.environ, "AUDIOML_HOME": str(folder / "home")},
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if "serving on " in line:
            break
    threading.Thread(target=process.stderr.read, daemon=True).start()
    if "serving on " not in said[-1]:
        pytest.fail("".join(said))
    yield said[-1].split("serving on ")[1].strip()
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()


@pytest.fixture
def client(url):
    with Client(url, timeout=20.0) as client:
        yield client


def steps(*levels: float) -> Audio:
    """Half a second of each level."""
    return Audio(np.repeat(np.float32(levels), RATE // 2), RATE)


def test_the_models_and_their_options(client):
    assert {model.name for model in client.models()} == {"tiny-level", "tiny-whole", "tiny-noise"}
    model = client.model("tiny-level")
    assert (model.kind, model.rate, model.streaming) == ("estimator", RATE, True)
    assert model.options["pool"].choices == ("none", "max")
    assert (model.options["scale"].type, model.options["scale"].maximum) == ("number", 10.0)


def test_a_prediction_is_exact(client):
    levels = np.random.default_rng(0).uniform(0, 1, 5).astype(np.float32)
    found = client.predict("tiny-level", steps(*levels))["level"]
    assert (found.hop, found.labels) == (0.5, ("level",))
    assert (found.source.name, found.source.version) == ("tiny-level", "1.0")
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values[:, 0], levels)


def test_options_are_heard(client):
    found = client.predict("tiny-level", steps(0.25, 0.5), pool="max", scale=2)["level"]
    assert found.values.tolist() == [[1.0]]
    with pytest.raises(UsageError, match="pool"):
        client.predict("tiny-level", steps(0.25), pool="sum")


def test_files_of_every_way(client, tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, steps(0.5, 0.25).samples.T, RATE)
    with path.open("rb") as file:
        for audio in (path, str(path), path.read_bytes(), file):
            found = client.predict("tiny-level", audio)["level"]
            assert found.values.tolist() == [[0.5], [0.25]]


def test_events_come_back(client):
    (length,) = client.predict("tiny-whole", steps(0.5, 0.5, 0.5)).values()
    assert (length.namespace, length.values) == ("tag_open", ("1.50 s",))
    assert length.intervals.tolist() == [[0.0, 1.5]]


def test_what_the_server_refuses(client):
    with pytest.raises(NotFoundError, match="nobody"):
        client.predict("nobody", steps(0.5))
    with pytest.raises(AudioError):
        client.predict("tiny-level", b"this is no sound at all, however long it is")
    with pytest.raises(UsageError):
        client.predict("tiny-noise", steps(0.5))


def test_several_at_a_time(client):
    sounds = [steps(value / 50) for value in range(1, 41)]
    found = client.predict_many("tiny-level", [*sounds, b"no sound"])
    assert isinstance(found.pop(), AudioError)
    assert all(isinstance(each, Prediction) for each in found)
    got = [float(each["level"].values[0, 0]) for each in found]
    assert got == [float(np.float32(value / 50)) for value in range(1, 41)]


def test_other_formats(client):
    text = client.answer("tiny-whole", steps(0.5, 0.25), format="csv").decode()
    assert len(list(csv.reader(text.splitlines()))) >= 2
    assert client.answer("tiny-level", steps(0.5), format="npz")[:2] == b"PK"


def test_a_job(client):
    job = client.job("tiny-level", steps(0.5, 0.25), scale=2)
    told: list[float] = []
    assert job.wait(told.append, timeout=20).state == "done"
    assert told[-1] == 1.0
    assert job.result()["level"].values.tolist() == [[1.0], [0.5]]
    assert job.answer("npz")[:2] == b"PK"
    job.cancel()
    with pytest.raises(NotFoundError):
        job.refresh()


def test_a_job_that_fails(client):
    with pytest.raises(AudioError):
        client.job("tiny-level", b"this is no sound at all").result()


def test_a_stream_is_answered_while_it_comes(client):
    heard = threading.Event()

    def live():
        for value in (0.25, 0.5, 0.75, 1.0):
            yield steps(value)
            assert heard.wait(10), "no answer came before the next block was made"
            heard.clear()

    found = []
    for prediction in client.stream("tiny-level", live(), scale=2):
        found += prediction["level"].values[:, 0].tolist()
        heard.set()
    assert found == [0.5, 1.0, 1.5, 2.0]


def test_a_stream_that_is_refused(client):
    with pytest.raises(UsageError, match="whole recordings"):
        list(client.stream("tiny-whole", [steps(0.5)]))
    with pytest.raises(AudioError):
        list(client.stream("tiny-level", [Audio(np.zeros(100, np.float32), 1000)]))


def test_sound_is_made(client):
    blocks = list(client.generate("tiny-noise", seconds=1.0, seed=3))
    again = list(client.generate("tiny-noise", seconds=1.0, seed=3, temperature=None))
    assert sum(block.duration for block in blocks) == pytest.approx(1.0)
    for one, other in zip(blocks, again, strict=False):
        assert one.rate == other.rate == RATE
    np.testing.assert_array_equal(
        np.concatenate([block.samples for block in blocks], axis=1),
        np.concatenate([block.samples for block in again], axis=1),
    )
    with pytest.raises(UsageError):
        list(client.generate("tiny-noise", seconds=-1))


def test_ping(client, url, capsys, tmp_path):
    told = client.ping()
    assert (told.live, told.ready, told.version) == (True, True, audioml_version())
    path = tmp_path / "a.wav"
    soundfile.write(path, steps(0.5).samples.T, RATE)
    code = ping.main([url, "--predict", "tiny-level", str(path)], standalone_mode=False)
    out = capsys.readouterr().out
    assert code == 0, out
    assert "ok predict tiny-level: level 1x1" in out


def audioml_version() -> str:
    from audioml.core import __version__

    return __version__
