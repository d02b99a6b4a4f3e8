from __future__ import annotations

import numpy as np
import pytest
from stand_in import PREDICTION, Handler, Reply, document, js, problem

from audioml.core.errors import AudioError, UsageError, WorkerError
from audioml.serve.client import LateError


def job(state: str = "queued", progress: float = 0.0, **more) -> Reply:
    tree = {"id": "j-1", "model": "tiny", "state": state, "progress": progress, **more}
    return js(tree, status=202 if state == "queued" else 200)


FINE = Reply(body=document(PREDICTION))


def test_a_job_is_made_waited_for_and_read(client, stand):
    stand.will(job(), job("running", 0.5), job("running", 0.5), job("done", 1.0), FINE)
    made = client.job("tiny", b"RIFF", hop=1)
    assert (made.id, made.model, made.state) == ("j-1", "tiny", "queued")
    assert (stand.asked[0].method, stand.asked[0].path) == ("POST", "/v1/jobs")
    assert stand.asked[0].query == {"model": "tiny", "hop": "1"}
    told: list[float] = []
    assert made.wait(told.append).state == "done"
    assert told == [0.0, 0.5, 1.0]
    np.testing.assert_array_equal(made.result()["embedding"].values, PREDICTION["embedding"].values)
    assert stand.asked[-1].path == "/v1/jobs/j-1/result"


def test_a_result_is_waited_for(client, stand):
    stand.will(job(), job("done", 1.0), Reply(body=b"{}"))
    assert client.job("tiny", b"RIFF").answer("jams") == b"{}"
    assert stand.asked[-1].query == {"format": "jams"}


def test_a_job_that_failed_says_why(client, stand):
    stand.will(job(), job("failed", problem={"status": 422, "detail": "no audio in it"}))
    with pytest.raises(AudioError, match="no audio in it"):
        client.job("tiny", b"RIFF").result()


def test_a_job_is_cancelled_and_has_no_result(client, stand):
    stand.will(job(), Reply(status=204))
    made = client.job("tiny", b"RIFF")
    made.cancel()
    assert (stand.asked[-1].method, stand.asked[-1].path) == ("DELETE", "/v1/jobs/j-1")
    with pytest.raises(UsageError, match="job j-1 was cancelled"):
        made.result()


def test_waiting_ends_with_the_patience(client, stand):
    stand.will(job(), job("running", 0.1))
    with pytest.raises(LateError, match=r"job j-1 is running after 0.2 s"):
        client.job("tiny", b"RIFF").wait(timeout=0.2)


def test_a_job_is_not_sent_twice_where_nobody_knows_whether_it_came(client, stand):
    stand.will(Reply(by=Handler.reset), job())
    with pytest.raises(WorkerError, match="broke off before the answer"):
        client.job("tiny", b"RIFF")
    assert len(stand.asked) == 1


def test_a_job_that_was_not_accepted_is_sent_again(client, stand):
    stand.will(problem(503, "full", **{"Retry-After": "0"}), job())
    assert client.job("tiny", b"RIFF").id == "j-1"
