from __future__ import annotations

import json
from email.message import Message
from email.parser import BytesParser

import numpy as np
import pytest
from stand_in import PREDICTION, Asked, Reply, document, js, problem

from audioml.core.errors import AudioError, NotFoundError, WorkerError
from audioml.core.values import Prediction
from audioml.serve.client import Client

DOCUMENT = json.loads(document(PREDICTION))


def parts(asked: Asked) -> list[Message]:
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    return BytesParser().parsebytes(head + asked.body).get_payload()


def results(*items: dict) -> Reply:
    return js({"results": list(items)})


REFUSED = {"filename": "b", "problem": {"status": 422, "detail": "it is no audio"}}


def test_several_go_in_one_form_and_come_back_in_order(client, stand, tmp_path):
    path = tmp_path / 'a "b".wav'
    path.write_bytes(b"\r\n--file\r\n\x00\xff")
    stand.will(results({**DOCUMENT, "filename": "a"}, REFUSED, {**DOCUMENT, "filename": "c"}))
    found = client.predict_many("tiny", [path, b"two", b"three"], hop=1)
    assert [type(each) for each in found] == [Prediction, AudioError, Prediction]
    assert "it is no audio" in str(found[1])
    np.testing.assert_array_equal(found[0]["embedding"].values, PREDICTION["embedding"].values)
    (asked,) = stand.asked
    assert asked.query == {"hop": "1"}
    assert int(asked.headers["Content-Length"]) == len(asked.body)
    sent = parts(asked)
    assert [part.get_payload(decode=True) for part in sent] == [path.read_bytes(), b"two", b"three"]
    assert {part.get_param("name", header="content-disposition") for part in sent} == {"audio"}
    assert sent[0].get_content_type() == "audio/x-wav" or "wav" in sent[0].get_content_type()


def test_what_cannot_be_read_here_has_its_error_and_the_rest_is_sent(client, stand, tmp_path):
    stand.will(Reply(body=document(PREDICTION)))
    found = client.predict_many("tiny", [tmp_path / "gone.wav", b"here"])
    assert isinstance(found[0], AudioError)
    assert isinstance(found[1], Prediction)


def test_nothing_asks_for_nothing(client, stand):
    assert client.predict_many("tiny", []) == []
    assert not stand.asked


def test_many_go_in_several_requests(client, stand):
    stand.will(results(*[DOCUMENT] * 16), results(*[DOCUMENT] * 16), results(*[DOCUMENT] * 8))
    assert len(client.predict_many("tiny", (b"x" for _ in range(40)))) == 40
    assert [len(parts(asked)) for asked in stand.asked] == [16, 16, 8]


def test_a_request_that_is_too_large_is_sent_in_parts(client, stand):
    fine = Reply(body=document(PREDICTION))
    stand.will(problem(413, "at most 1 MB"), fine, problem(413, "at most 1 MB"), fine)
    found = client.predict_many("tiny", [b"a", b"b", b"c"])
    assert [type(each) for each in found] == [Prediction, AudioError, Prediction]


def test_what_concerns_all_is_raised(client, stand):
    stand.will(problem(404, "no such model"))
    with pytest.raises(NotFoundError, match="no such model"):
        client.predict_many("tiny", [b"a", b"b"])


def test_answers_to_other_files_are_noticed(client, stand):
    stand.will(results(DOCUMENT))
    with pytest.raises(WorkerError, match="2 files were sent, the server answered to 1"):
        client.predict_many("tiny", [b"a", b"b"])


def test_arrays_share_a_rate(stand):
    stand.will(results(DOCUMENT, DOCUMENT))
    with Client(stand.url) as client:
        assert len(client.predict_many("tiny", np.zeros((2, 100), np.float32), 8000)) == 2
    sent = [part.get_payload(decode=True) for part in parts(stand.asked[0])]
    assert [len(wav) for wav in sent] == [58 + 400, 58 + 400]
