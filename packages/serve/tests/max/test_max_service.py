"""The routes on the true application, with a tiny model behind them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import tiny_vggish
from max_cases import CASES, int16, wav
from max_fakes import running
from max_wire import Case, Part, send
from record_max_replies import told
from test_max_replies import FROM_CURL, READ, REFUSED, original, text

from audioml.core.errors import NotFoundError
from audioml.core.plugins import Registry, using
from audioml.core.values import Audio
from audioml.serve.service import build
from audioml.serve.settings import Settings


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    plugins = {}
    tiny_vggish.use(lambda **given: plugins.update(given))
    with using(Registry(plugins)):
        folder = tiny_vggish.write_folder(tmp_path_factory.mktemp("models") / "tiny-vggish")
        service = build(Settings(models=(str(folder),), preset="max"))
        yield service
        service.close()


@pytest.fixture(scope="module")
def url(service):
    with running(service.app) as address:
        yield address


def embedding(url, data):
    reply = send(url, Case("", parts=(Part(data),)))
    assert reply.status == 200
    return np.array(json.loads(reply.body)["embedding"])


@pytest.mark.parametrize("name", sorted(CASES.keys() - READ - REFUSED - {FROM_CURL}))
def test_nothing_of_the_application_changes_a_reply(url, name):
    theirs, ours = original(name), told(send(url, CASES[name]))
    assert ours["status"] == theirs["status"]
    for header in theirs["headers"]:
        assert ours["headers"][header] == theirs["headers"][header]
    if "embedding" in theirs["body"] and CASES[name].path == "/model/predict":
        mine, other = json.loads(ours["body"]), json.loads(theirs["body"])
        assert mine.keys() - {"result"} == other.keys()
        assert np.shape(mine["embedding"]) == np.shape(other["embedding"])
    elif theirs["headers"]["Content-Type"] == "application/json":
        assert ours["body"] == theirs["body"]
    elif theirs["status"] != 200:
        assert text(ours["body"]) == text(theirs["body"])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_audio_is_refused_by_the_service_too(url, name):
    reply = send(url, CASES[name])
    assert reply.status == 400
    assert json.loads(reply.body).keys() == {"status", "message"}


@pytest.mark.parametrize("name", sorted(READ))
def test_what_can_be_read_is_read_by_the_service_too(url, name):
    assert send(url, CASES[name]).status == 200


def test_a_rate_that_the_original_worked_on_for_minutes_is_refused(url):
    reply = send(url, Case("", parts=(Part(wav(int16(32000), rate=1)),)))
    assert reply.status == 400
    assert "1 Hz" in json.loads(reply.body)["message"]


def test_the_rows_are_those_of_the_model(url, service):
    data = int16(40000)
    samples = np.frombuffer(data, "<i2").astype(np.float32) / 32768
    model = service.catalog["tiny-vggish"].estimator.configured(output="uint8")
    expected = model.predict(Audio(samples, 16000))["embedding"].values
    assert np.array_equal(embedding(url, wav(data)), expected)


def test_the_native_api_is_beside_it(url):
    data = wav(int16(40000))
    path = "/v1/models/tiny-vggish/predict?output=uint8"
    reply = send(url, Case("", "POST", path, {"Content-Type": "audio/wav"}, body=data))
    entry = json.loads(reply.body)["estimators"]["tiny-vggish"]["embedding"]
    assert np.array_equal(entry["values"], embedding(url, data))


def test_the_page_at_the_root_is_that_of_max(url):
    page = send(url, Case("", "GET", "/")).body.decode()
    for link in re.findall(r'(?:src|href|data-document)="([^"]*)"', page):
        assert send(url, Case("", "GET", link)).status == 200


def test_without_a_model_that_embeds_there_is_no_such_server(tmp_path, audioml_plugins):
    tiny_vggish.use(audioml_plugins)
    folder = tiny_vggish.write_folder(tmp_path / "other")
    manifest = folder / "model.json"
    manifest.write_text(manifest.read_text().replace('"uint8"', '"other"'))
    with pytest.raises(NotFoundError, match="audioml models pull vggish"):
        build(Settings(models=(str(folder),), preset="max"))
