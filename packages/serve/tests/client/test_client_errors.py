from __future__ import annotations

import socket
import time

import pytest
from stand_in import PREDICTION, Handler, Reply, document, js, problem

from audioml.core.errors import (
    AudioError,
    AudiomlError,
    NotFoundError,
    OfflineError,
    UsageError,
    WorkerError,
)
from audioml.serve.client import BusyError, Client, DeniedError, LateError

FINE = Reply(body=document(PREDICTION))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, UsageError),
        (401, DeniedError),
        (403, DeniedError),
        (404, NotFoundError),
        (409, UsageError),
        (413, AudioError),
        (415, AudioError),
        (422, AudioError),
        (500, WorkerError),
        (504, LateError),
    ],
)
def test_a_refusal_is_the_error_that_fits_in_the_servers_words(client, stand, status, kind):
    stand.will(problem(status, "model 'x' is not here; see GET /v1/models"))
    with pytest.raises(kind, match="model 'x' is not here; see GET /v1/models") as caught:
        client.predict("x", b"RIFF")
    assert isinstance(caught.value, AudiomlError)
    assert caught.value.__notes__ == [f"HTTP status {status}, request r-17"]
    assert len(stand.asked) == 1


def test_a_missing_key_says_how_to_give_one(client, stand):
    stand.will(problem(401, "a key is wanted."))
    with pytest.raises(DeniedError, match="a key is wanted; give a key: .*AUDIOML_API_KEY"):
        client.models()


def test_a_busy_server_is_tried_again_and_then_says_when(client, stand):
    stand.will(problem(503, "the queue is full", **{"Retry-After": "0"}))
    with pytest.raises(BusyError, match="the queue is full") as caught:
        client.predict("tiny", b"RIFF")
    assert (caught.value.retry_after, len(stand.asked)) == (0.0, 3)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(client, stand, status):
    stand.will(problem(status, "busy", **{"Retry-After": "1"}), FINE)
    began = time.monotonic()
    client.predict("tiny", b"RIFF")
    assert time.monotonic() - began >= 1.0


def test_a_wait_longer_than_the_timeout_is_left_to_the_caller(client, stand):
    stand.will(problem(503, "down for the night", **{"Retry-After": "3600"}))
    with pytest.raises(BusyError, match="down for the night") as caught:
        client.predict("tiny", b"RIFF")
    assert (caught.value.retry_after, len(stand.asked)) == (3600.0, 1)


def test_a_connection_that_breaks_before_an_answer_is_tried_again(client, stand):
    stand.will(Reply(by=Handler.reset), Reply(by=Handler.reset), FINE)
    assert len(client.predict("tiny", b"RIFF")) == 3


def test_one_that_breaks_every_time_is_said(client, stand):
    stand.will(Reply(by=Handler.reset))
    with pytest.raises(WorkerError, match="broke off before the answer was whole"):
        client.predict("tiny", b"RIFF")
    assert len(stand.asked) == 3


def test_half_an_answer_is_none(client, stand):
    def half(handler: Handler) -> None:
        handler.whole_body()
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"audioml"')
        handler.reset()

    stand.will(Reply(by=half))
    with pytest.raises(WorkerError, match="broke off before the answer was whole"):
        client.predict("tiny", b"RIFF")


def test_an_answer_that_is_late_is_not_asked_for_again(stand):
    def sleep(handler: Handler) -> None:
        handler.whole_body()
        time.sleep(0.5)

    stand.will(Reply(by=sleep))
    client = Client(stand.url, timeout=0.1, retries=3)
    with pytest.raises(LateError, match=r"no answer from .* for 0.1 s; wait longer"):
        client.predict("tiny", b"RIFF")
    assert len(stand.asked) == 1


def test_a_refusal_before_the_body_was_read_is_heard(client, stand, tmp_path):
    def refuse(handler: Handler) -> None:
        handler.send_response(413)
        handler.send_header("Content-Type", "application/problem+json")
        body = b'{"status": 413, "detail": "at most 1 MB"}'
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        handler.connection.shutdown(socket.SHUT_WR)
        while handler.connection.recv(1 << 16):  # what is left unread would be answered by a reset
            pass
        handler.reset()

    stand.will(Reply(by=refuse))
    path = tmp_path / "long.wav"
    path.write_bytes(bytes(3_000_000))
    with pytest.raises(AudioError, match="at most 1 MB"):
        client.predict("tiny", path)


def test_nobody_there_says_what_to_start():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OfflineError, match=f"nobody answers at {url}; .*audioml serve"):
            Client(url).models()


def test_a_server_that_is_another_one_is_said(client, stand):
    stand.will(Reply(status=502, body=b"<h1>Bad Gateway</h1>", media="text/html"))
    with pytest.raises(WorkerError, match="status 502: <h1>Bad Gateway</h1>"):
        client.models()
    stand.will(Reply(body=b"<h1>It works!</h1>", media="text/html"))
    with pytest.raises(WorkerError, match="expected JSON from the server, got '<h1>It works"):
        client.models()


def test_a_redirect_is_not_followed_with_the_key(client, stand):
    stand.will(Reply(status=301, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(UsageError, match="found at https://elsewhere.example/"):
        client.models()


def test_a_model_is_read_with_its_options(client, stand):
    option = {"type": "string", "default": "raw", "choices": ["raw", "pca"], "later": 1}
    tree = {"name": "vggish", "rate": 16000, "answers": ["json", "csv"], "license": None}
    stand.will(js({**tree, "options": {"output": option}, "links": {}}))
    model = client.model("vggish")
    assert (model.name, model.rate, model.answers) == ("vggish", 16000, ("json", "csv"))
    assert (model.license, model.kind) == ("", "estimator")
    assert model.options["output"].choices == ("raw", "pca")
    stand.will(js({"models": [tree, {"name": "other"}]}))
    assert [each.name for each in client.models()] == ["vggish", "other"]


def test_what_is_no_model_is_said(client, stand):
    stand.will(js({"detail": "hello"}))
    with pytest.raises(WorkerError, match="expected a model with a name"):
        client.model("x")
