from __future__ import annotations

import io
import json
import logging
import time

import numpy as np
import pytest
import serve_tiny
import soundfile

from audioml.core.errors import NotFoundError, OutputError, UsageError
from audioml.core.formats.json import read_entry
from audioml.serve.service import build
from audioml.serve.settings import Settings


def test_models_tell_what_they_take(client) -> None:
    listed = client.get("/v1/models").json["models"]
    assert [each["name"] for each in listed] == ["tiny-level", "tiny-whole", "tiny-noise"]
    level = client.get("/v1/models/tiny-level").json
    assert level == listed[0]
    assert level["options"]["pool"] == {
        "type": "string",
        "default": "none",
        "choices": ["none", "max"],
        "description": "one for all",
    }
    assert level["links"]["stream"] == "/v1/models/tiny-level/stream"
    assert listed[2]["kind"] == "generator"
    assert client.get("/v1/models/length").json["name"] == "tiny-whole"
    missing = client.get("/v1/models/nothing")
    assert "there is: tiny-level, tiny-whole, tiny-noise" in missing.json["detail"]


def test_health_and_drain(served) -> None:
    service = served()
    client = service.app.test_client()
    assert client.get("/readyz").json["models"] == ["tiny-level", "tiny-whole", "tiny-noise"]
    serve_tiny.HOLD.clear()
    service.warm()
    assert client.get("/readyz").json["detail"] == "the models warm up"
    serve_tiny.HOLD.set()
    end = time.monotonic() + 5
    while client.get("/readyz").status_code == 503:
        assert time.monotonic() < end
    service.drain()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_without_names_everything_that_is_ready_is_served(serve_tiny, tmp_path, caplog) -> None:
    from audioml.core.store import Store

    Store().add(serve_tiny.write_folder(tmp_path / "m"))
    service = build(Settings())
    assert set(service.catalog) == {"tiny-level", "tiny-whole", "tiny-noise", "tiny-trouble"}
    service.close()
    next(Store().folders()).joinpath("gain.json").write_text("{}")
    service = build(Settings())
    assert set(service.catalog) == {"tiny-whole", "tiny-noise", "tiny-trouble"}
    assert "tiny-level is left out" in caplog.text
    service.close()


def test_what_cannot_be_served_is_told_at_the_start(serve_tiny, audioml_plugins, tmp_path) -> None:
    with pytest.raises(NotFoundError, match="no model is called 'nothing'"):
        build(Settings(models=("nothing",)))
    folder = str(serve_tiny.write_folder(tmp_path / "m"))
    with pytest.raises(UsageError, match="two models are called 'tiny-level'"):
        build(Settings(models=(folder, folder)))
    with pytest.raises(UsageError, match="'port' must be at least 0 and at most 65535"):
        Settings(port=70_000)
    with pytest.raises(UsageError, match="'grace' must be a finite number, got inf"):
        Settings(grace=float("inf"))
    with pytest.raises(UsageError, match="'rate_limit' is such as 100/minute"):
        build(Settings(models=(folder,), rate_limit="often"))


def test_a_plugin_adds_routes(client) -> None:
    assert "tiny-noise" in client.get("/x/hello/").json["models"]


def test_metrics_tell_requests_runs_and_what_waits(client, wav) -> None:
    client.post("/v1/models/tiny-level/predict", data=wav(), content_type="audio/wav")
    text = client.get("/metrics").text
    assert (
        'audioml_requests_total{method="POST",route="/v1/models/<name>/predict",status="200"} 1.0'
        in text
    )
    assert 'audioml_batch_rows_sum{model="tiny-level"} 2.0' in text
    assert 'audioml_queue_depth{model="tiny-level"} 0.0' in text
    assert 'audioml_audio_seconds_total{model="tiny-level"} 1.0' in text
    assert 'audioml_stage_seconds_count{model="tiny-level",stage="model"} 1.0' in text


def test_noise_is_made_and_sent_as_it_is_made(client) -> None:
    reply = client.post("/v1/models/tiny-noise/generate", json={"seconds": 0.55, "seed": 3})
    samples, rate = soundfile.read(io.BytesIO(reply.data))
    assert (rate, len(samples)) == (4000, 2200)
    again = client.post("/v1/models/tiny-noise/generate", json={"seconds": 0.55, "seed": 3})
    assert again.data == reply.data
    other = client.post("/v1/models/tiny-noise/generate", json={"seconds": 0.55, "seed": 4})
    assert other.data != reply.data


@pytest.mark.parametrize(
    "told",
    [{"seconds": 0}, {"seconds": 1e6}, {"seconds": "1"}, {"seed": -1}, {"seed": 1.5}, {"x": 1},
     {"temperature": "hot"}, {"top_k": 1.5}, {"top_p": 2}, {"top_k": 0}, [], None],
)  # fmt: skip
def test_what_cannot_be_made_is_told(client, told) -> None:
    reply = client.post("/v1/models/tiny-noise/generate", json=told)
    assert (reply.status_code, reply.content_type) == (400, "application/problem+json")


def test_a_listener_who_leaves_frees_the_turn_and_the_place(served) -> None:
    service = served(pending=1)
    client = service.app.test_client()
    for path, how in (
        ("/v1/models/tiny-noise/generate", {"json": {"seconds": 100}}),
        ("/v1/models/tiny-level/stream",
         {"data": bytes(8000), "content_type": "audio/L16;rate=4000"}),
    ):  # fmt: skip
        for _ in range(3):
            reply = client.post(path, **how, buffered=False)
            assert reply.status_code == 200
            busy = service.app.test_client().post(path, **how)
            assert busy.status_code == 503
            reply.close()


def test_a_body_that_is_no_order_is_refused_early(client) -> None:
    path = "/v1/models/tiny-noise/generate"
    kind = {"content_type": "application/json"}
    assert client.post(path, data="[" * 10_000, **kind).status_code == 400
    assert client.post(path, data="[" + "{}," * 100_000, **kind).status_code in {400, 413}


def test_unknown_methods_are_counted_together(client) -> None:
    for index in range(20):
        client.open("/v1/models", method=f"WHATEVER{index}")
    text = client.get("/metrics").text
    assert 'method="other"' in text
    assert "WHATEVER" not in text


class TestJobs:
    def ended(self, client, location) -> dict:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            job = client.get(location).json
            if job["state"] not in {"queued", "running"}:
                return job
            time.sleep(0.01)
        raise AssertionError(job)

    def test_a_long_recording_is_taken_and_answered_later(self, client, wav) -> None:
        reply = client.post(
            "/v1/jobs?model=tiny-level&pool=max",
            data={"audio": (io.BytesIO(wav(5.0)), "long.wav")},
        )
        assert reply.status_code == 202
        job = self.ended(client, reply.headers["Location"])
        assert (job["state"], job["progress"], job["filename"]) == ("done", 1.0, "long.wav")
        result = client.get(job["links"]["result"]).json
        assert result["estimators"]["tiny-level"]["level"]["shape"] == [1, 1]
        assert result["recording"]["duration"] == 5.0
        npy = client.get(job["links"]["result"] + "?format=npy")
        assert np.load(io.BytesIO(npy.data)).shape == (1, 1)
        assert client.delete(job["links"]["self"]).status_code == 204
        assert client.get(job["links"]["self"]).status_code == 404

    def test_what_fails_is_told(self, client, wav) -> None:
        serve_tiny.FAIL.add(0.5)
        reply = client.post("/v1/jobs?model=tiny-level", data=wav(), content_type="audio/wav")
        job = self.ended(client, reply.headers["Location"])
        assert job["problem"]["detail"] == "tiny-level failed: RuntimeError"
        result = client.get(job["links"]["self"] + "/result")
        assert (result.status_code, "failed" in result.json["detail"]) == (409, True)

    def test_it_waits_while_it_is_not_done(self, client, wav) -> None:
        serve_tiny.HOLD.clear()
        reply = client.post("/v1/jobs?model=tiny-level", data=wav(), content_type="audio/wav")
        assert client.get(reply.headers["Location"] + "/result").status_code == 409
        assert client.delete(reply.headers["Location"]).status_code == 204
        serve_tiny.HOLD.set()

    def test_what_is_no_recording_is_told_at_once(self, client) -> None:
        reply = client.post("/v1/jobs?model=tiny-level", data=b"xx", content_type="audio/wav")
        assert reply.status_code == 415
        assert client.post("/v1/jobs", data=b"xx", content_type="audio/wav").status_code == 400
        for name in ("x", "..%2f..%2fetc", "A" * 22):
            assert client.get(f"/v1/jobs/{name}").status_code == 404

    def test_too_many_are_refused_and_none_are_taken_at_the_end(self, served, wav) -> None:
        service = served(max_jobs=1)
        client = service.app.test_client()
        serve_tiny.HOLD.clear()
        how = {"data": wav(), "content_type": "audio/wav"}
        codes = [client.post("/v1/jobs?model=tiny-level", **how).status_code for _ in range(6)]
        assert codes[0] == 202
        assert 503 in codes
        service.drain()
        assert client.post("/v1/jobs?model=tiny-level", **how).status_code == 503
        serve_tiny.HOLD.set()

    def test_results_are_kept_for_a_while_and_by_other_processes(
        self, served, wav, tmp_path
    ) -> None:
        folder = str(tmp_path / "jobs")
        first, second = served(job_folder=folder), served(job_folder=folder, job_ttl=3600.0)
        how = {"data": wav(), "content_type": "audio/wav"}
        location = first.app.test_client().post("/v1/jobs?model=tiny-level", **how)
        location = location.headers["Location"]
        self.ended(first.app.test_client(), location)
        assert second.app.test_client().get(location + "/result").status_code == 200

    def test_a_full_disk_ends_no_thread(self, served, wav, tmp_path, monkeypatch) -> None:
        service = served(job_folder=str(tmp_path / "jobs"))
        client = service.app.test_client()
        how = {"data": wav(), "content_type": "audio/wav"}

        def full(*_: object) -> None:
            raise OutputError("cannot write /secret/place: No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("audioml.serve.jobs.state.write_bytes", full)
            reply = client.post("/v1/jobs?model=tiny-level", **how)
            assert (reply.status_code, "secret" in reply.text) == (507, False)
            assert not [each for each in (tmp_path / "jobs").iterdir() if each.is_dir()]
            patched.undo()
            patched.setattr("audioml.serve.jobs.jobs.write_bytes", full)
            patched.setattr("audioml.serve.jobs.jobs.Jobs._end", full)
            assert client.post("/v1/jobs?model=tiny-level", **how).status_code == 202
            time.sleep(0.3)
        reply = client.post("/v1/jobs?model=tiny-level", **how)
        assert self.ended(client, reply.headers["Location"])["state"] == "done"

    def test_they_take_no_more_disk_than_they_may(self, served, wav) -> None:
        client = served(job_space=10_000).app.test_client()
        how = {"data": wav(5.0), "content_type": "audio/wav"}
        serve_tiny.HOLD.clear()
        codes = [client.post("/v1/jobs?model=tiny-level", **how).status_code for _ in range(2)]
        serve_tiny.HOLD.set()
        assert codes == [202, 503]

    def test_a_recording_may_be_longer_than_in_a_request(self, served, wav) -> None:
        client = served(max_body=10_000, max_job_body=50_000).app.test_client()
        how = {"content_type": "audio/wav"}
        long, longer = wav(5.0), wav(7.0)
        assert client.post("/v1/jobs?model=tiny-level", data=long, **how).status_code == 202
        assert client.post("/v1/jobs?model=tiny-level", data=longer, **how).status_code == 413

    def test_what_a_dead_process_left_is_failed(self, served, wav, tmp_path) -> None:
        from dataclasses import replace

        from audioml.serve.jobs import JobState

        folder = tmp_path / "jobs"
        left = JobState(id="A" * 22, model="tiny-level", state="running", owner="nobody")
        done = replace(left, id="B" * 22, state="done", expires=time.time() - 1)
        for job in (left, done):
            (folder / job.id).mkdir(parents=True)
            job.write(folder / job.id)
        client = served(job_folder=str(folder)).app.test_client()
        job = client.get(f"/v1/jobs/{left.id}").json
        assert job["state"] == "failed"
        assert "restarted" in job["problem"]["detail"]
        assert client.get(f"/v1/jobs/{done.id}").status_code == 404


class TestStreams:
    def lines(self, reply) -> list[dict]:
        return [json.loads(line) for line in reply.data.splitlines()]

    @pytest.mark.parametrize(
        ("kind", "dtype"),
        [("audio/L16;rate=4000;channels=1", ">i2"), ("audio/pcm;rate=4000;format=f32le", "<f4")],
    )
    def test_raw_sound_is_answered_line_by_line(self, client, kind, dtype) -> None:
        scale = 32767 if dtype == ">i2" else 1
        samples = (np.linspace(0, 1, 7000) * scale).astype(dtype)
        reply = client.post(
            "/v1/models/tiny-level/stream", data=samples.tobytes(), content_type=kind
        )
        assert reply.content_type == "application/x-ndjson"
        *found, last = self.lines(reply)
        assert last == {"done": True, "duration": 1.75}
        levels = [read_entry(line["prediction"]["level"]) for line in found]
        assert len(levels) > 1
        values = np.concatenate([each.values[:, 0] for each in levels])
        np.testing.assert_allclose(values, [0.285, 0.571, 0.857, 1.0], atol=0.01)

    def test_a_wav_stream_without_a_length_is_read_to_its_end(self, client, wav) -> None:
        data = bytearray(wav(1.0))
        data[40:44] = b"\xff\xff\xff\xff"
        reply = client.post(
            "/v1/models/tiny-level/stream", data=bytes(data), content_type="audio/wav"
        )
        assert self.lines(reply)[-1] == {"done": True, "duration": 1.0}

    @pytest.mark.parametrize(
        ("path", "kind", "data", "status"),
        [
            ("tiny-level", "audio/L16", b"", 400),
            ("tiny-level", "audio/L16;rate=1", b"", 400),
            ("tiny-level", "audio/L16;rate=2000", b"", 422),
            ("tiny-level", "audio/pcm;rate=8000;format=mp3", b"", 415),
            ("tiny-level", "audio/wav", b"no wav", 422),
            ("tiny-level", "audio/flac", b"fLaC", 415),
            ("tiny-whole", "audio/wav", b"", 409),
        ],
    )
    def test_what_cannot_be_streamed_is_told(self, served, path, kind, data, status) -> None:
        client = served().app.test_client()
        reply = client.post(f"/v1/models/{path}/stream", data=data, content_type=kind)
        assert (reply.status_code, reply.content_type) == (status, "application/problem+json")

    def test_what_goes_wrong_later_is_the_last_line(self, served) -> None:
        client = served(max_job_seconds=1.0).app.test_client()
        data = np.zeros(12000, ">i2").tobytes()
        reply = client.post(
            "/v1/models/tiny-level/stream", data=data, content_type="audio/L16;rate=4000"
        )
        assert self.lines(reply)[-1]["problem"]["status"] == 413


def test_requests_are_logged_with_their_id(client, caplog) -> None:
    caplog.set_level(logging.INFO, "audioml.serve.access")
    client.get("/v1/models", headers={"X-Request-Id": "abc-1"})
    client.get("/v1/models", headers={"X-Request-Id": "no id\x01"})
    client.get("/healthz")
    first, second = (record.request for record in caplog.records)
    assert (first["id"], first["status"], first["path"]) == ("abc-1", 200, "/v1/models")
    assert len(second["id"]) == 32


def test_logs_may_be_json(client, caplog) -> None:
    from audioml.serve.logs import JsonLines

    caplog.set_level(logging.INFO, "audioml.serve.access")
    client.get("/v1/models/nothing")
    line = json.loads(JsonLines().format(caplog.records[0]))
    assert line["request"]["status"] == 404
    record = logging.LogRecord("audioml", logging.ERROR, "", 0, "%s failed", ("x",), None)
    assert json.loads(JsonLines().format(record))["message"] == "x failed"


@pytest.fixture
def validator():
    """Return jsonschema's validator."""
    return pytest.importorskip("jsonschema").Draft202012Validator


def test_the_description_is_valid_and_complete(client, validator) -> None:
    document = client.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        validator.check_schema(schema)
    rules = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/v1")
    }
    assert rules <= set(document["paths"])
    predict = document["paths"]["/v1/models/{name}/predict"]
    assert {each["name"] for each in predict["parameters"]} == {"name", "pool", "scale", "format"}
    assert predict["parameters"][0]["schema"]["enum"] == ["tiny-level", "tiny-whole"]


def test_answers_are_as_they_are_described(client, wav, validator) -> None:
    document = client.get("/openapi.json").json

    def check(name: str, answer: object) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        validator(schema).validate(answer)

    check("Models", client.get("/v1/models").json)
    check("Problem", client.get("/v1/models/none").json)
    for name in ("tiny-level", "tiny-whole"):
        reply = client.post(f"/v1/models/{name}/predict", data=wav(), content_type="audio/wav")
        check("Document", reply.json)
    check("Job", client.post("/v1/jobs?model=length", data=wav(), content_type="audio/wav").json)
    check("Health", client.get("/healthz").json)


def test_wrong_addresses_and_methods_are_told_what_is_right(client) -> None:
    assert "/docs tells" in client.get("/v1/model/x").json["detail"]
    assert "--preset max" in client.post("/model/predict").json["detail"]
    reply = client.get("/v1/models/tiny-level/predict")
    assert reply.json["detail"] == "'/v1/models/tiny-level/predict' takes OPTIONS, POST, not GET"


def test_a_precision_that_no_model_has_is_refused(served) -> None:
    with pytest.raises(UsageError, match="no model that is served has a runtime in 'int4'"):
        served(precision="int4")


def test_pages_for_people(client) -> None:
    assert client.get("/").headers["Location"] == "app/"
    assert client.get("/app/").status_code == 200
    assert "swagger-ui" in client.get("/docs").text
