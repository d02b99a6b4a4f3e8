"""Which model answers, and what the routes do when something fails."""

from __future__ import annotations

import json

import pytest
from max_cases import CLIP
from max_fakes import FakeService, application, running, spec
from max_wire import Case, Part, send

from audioml.core.errors import AudioError, NotFoundError
from audioml.serve.errors import BusyError, LateError
from audioml.serve.max import blueprint, model_of
from audioml.serve.problems import Problem

OTHER = spec("other")


def test_the_one_that_is_named_for_vggish_comes_first():
    assert model_of(FakeService(OTHER, spec("my-vggish-2"))) == "my-vggish-2"


def test_one_that_embeds_will_do():
    assert model_of(FakeService(spec("chord", answers=("chord",)), OTHER)) == "other"


def test_the_one_asked_for_is_taken():
    assert model_of(FakeService(spec("vggish"), OTHER), "other") == "other"


@pytest.mark.parametrize(
    "served", [spec("chord", answers=("chord",)), spec("vggish", outputs=("raw", "pca"))]
)
def test_without_an_embedding_of_8_bit_it_says_how_to_get_one(served):
    with pytest.raises(NotFoundError, match="audioml models pull vggish"):
        model_of(FakeService(served))
    with pytest.raises(NotFoundError, match=f"'{served.name}' has no 8-bit embedding"):
        model_of(FakeService(served), served.name)


def test_it_says_so_when_the_routes_are_made():
    with pytest.raises(NotFoundError):
        blueprint(FakeService(spec("chord", answers=("chord",))))


def test_the_model_is_asked_for_bytes():
    service = FakeService(spec("vggish-int8"))
    with running(application(service)) as url:
        send(url, Case("", parts=(Part(CLIP),)))
    assert service.asked == [("vggish-int8", {"output": "uint8"})]


FAILURES = {
    "no audio": (AudioError("the sound is no good"), 400, "the sound is no good"),
    "too long": (Problem.too_long(5), 413, "longer than 5 s"),
    "too late": (LateError("it took too long"), 504, "it took too long"),
    "no key": (Problem(401, "a key is needed"), 401, "a key is needed"),
}


def reply_when(error, **settings):
    service = FakeService()

    def fail(*_, **__):
        raise error

    service.predict = fail
    app = application(service)
    app.config.update(settings)
    with running(app) as url:
        reply = send(url, Case("", parts=(Part(CLIP),)))
    assert reply.headers["Content-Type"] == "application/json"
    return reply, json.loads(reply.body)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_the_shape_of_the_originals_errors(name):
    error, status, words = FAILURES[name]
    reply, told = reply_when(error)
    assert reply.status == status
    assert told["status"] == "error"
    assert words in told["message"]


def test_a_client_is_told_when_to_come_back():
    reply, told = reply_when(BusyError("too much is under way", retry_after=3))
    assert reply.status == 503
    assert reply.headers["Retry-After"] == "3"
    assert told == {"status": "error", "message": "too much is under way"}


def test_a_mistake_of_ours_says_no_more_than_the_original():
    reply, told = reply_when(RuntimeError("a secret"))
    assert reply.status == 500
    assert told == {"message": "Internal Server Error"}


def test_a_form_that_is_too_large_is_refused_in_the_same_shape():
    reply, told = reply_when(RuntimeError("not reached"), MAX_CONTENT_LENGTH=100)
    assert reply.status == 413
    assert told["status"] == "error"
