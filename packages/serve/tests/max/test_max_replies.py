"""Ours beside the replies that the original gave to the same requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from max_cases import CASES, CORS
from max_fakes import FakeService, application, running
from max_wire import send
from record_max_replies import told

RECORDED = json.loads(Path(__file__).with_name("max_replies.json").read_text())

# what the original failed on with 500
READ = {
    "100 samples",
    "an odd count of bytes",
    "8 bit",
    "24 bit",
    "32 bit",
    "float",
}
REFUSED = {
    "no samples",
    "ADPCM",
    "a rate of 0",
    "1000 channels",
    "an empty file",
    "garbage",
    "FLAC's first bytes",
}
# the command of its README, which it refuses
FROM_CURL = "as 'application/octet-stream'"


def original(name, group="plain"):
    return RECORDED["replies"][RECORDED[group][name]]


def text(page):
    """The words of a page without its tags and white space."""
    return re.sub(r"<[^>]*>|\s", "", page)


@pytest.fixture(scope="module")
def service():
    return FakeService()


@pytest.fixture(scope="module")
def plain(service):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CORS_ENABLE", raising=False)
        app = application(service)
    with running(app) as url:
        yield url


@pytest.fixture(scope="module")
def cors(service):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORS_ENABLE", "true")
        app = application(service)
    with running(app) as url:
        yield url


def check(url, case, theirs, service):
    """Ask ours, whose model is told the rows of the original, and compare all of the reply."""
    body = json.loads(theirs["body"]) if theirs["body"][:1] == "{" else {}
    service.rows = np.array(body.get("embedding", []), np.uint8).reshape(-1, 128)
    ours = told(send(url, case))
    assert ours["status"] == theirs["status"]
    assert ours["headers"] == theirs["headers"]
    if "embedding" in body:
        assert without_result(ours["body"]) == theirs["body"]
    elif body:
        assert ours["body"] == theirs["body"]
    elif theirs["status"] != 200:
        assert text(ours["body"]) == text(theirs["body"])


def without_result(body):
    """The body as it was before the second name of the rows was put behind them."""
    fields = json.loads(body)
    if "result" in fields:
        assert fields.pop("result") == fields["embedding"]
        assert body.startswith(json.dumps(fields)[:-1])
    return json.dumps(fields) + "\n"


@pytest.mark.parametrize("name", sorted(CASES.keys() - READ - REFUSED - {FROM_CURL}))
def test_the_reply_is_that_of_the_original(plain, service, name):
    check(plain, CASES[name], original(name), service)


@pytest.mark.parametrize("name", sorted(CORS))
def test_a_page_elsewhere_gets_no_leave_to_read(plain, service, name):
    check(plain, CORS[name], original(name), service)


@pytest.mark.parametrize("name", sorted(CORS))
def test_cors_enable_lets_any_page_read(cors, service, name):
    check(cors, CORS[name], original(name, "cors"), service)


@pytest.mark.parametrize("name", sorted(READ))
def test_audio_that_the_original_failed_on_is_read(plain, service, name):
    assert original(name)["status"] == 500
    service.rows = None
    reply = send(plain, CASES[name])
    assert reply.status == 200
    rows = 0 if "samples" in name else 1
    assert len(json.loads(reply.body)["embedding"]) == rows


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_audio_is_refused_with_a_sentence(plain, name):
    assert original(name)["status"] == 500
    reply = send(plain, CASES[name])
    assert reply.status == 400
    assert reply.headers["Content-Type"] == "application/json"
    told = json.loads(reply.body)
    assert told.keys() == {"status", "message"}
    assert told["status"] == "error"
    assert " " in told["message"]


def test_the_command_of_its_readme_is_served(plain, service):
    assert original(FROM_CURL)["status"] == 400
    service.rows = None
    assert send(plain, CASES[FROM_CURL]).status == 200
