from __future__ import annotations

import io
import json
import logging
import time

import numpy as np
import pytest
import serve_tiny
import soundfile

from audioml.core.errors import NotFoundError, UsageError
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
    end = time.monotonic() + 60
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


def test_sound_goes_on_from_a_recording(client) -> None:
    path = "/v1/models/tiny-noise/generate"
    sound = io.BytesIO()
    soundfile.write(sound, np.full(12_000, 0.25), 8000, format="FLAC")
    told = {"seconds": "0.3", "seed": "3", "genre": "calm"}
    form = {"audio": (io.BytesIO(sound.getvalue()), "a.flac"), **told}
    reply = client.post(path, data=form)
    samples, rate = soundfile.read(io.BytesIO(reply.data))
    assert (rate, len(samples)) == (4000, 1200)
    assert 0.02 < np.abs(samples).max() <= 0.0251
    alone = client.post(path, query_string=told, data=sound.getvalue(), content_type="audio/flac")
    assert alone.data == reply.data
    assert (
        client.post(path, data={"seconds": "0.3"}, content_type="multipart/form-data")
        .json["detail"]
        .startswith("the form has no part named 'audio'")
    )
    for told, status in (({"seconds": "x"}, 400), ({"seed": "1.5"}, 400), ({"x": "1"}, 400)):
        refused = client.post(path, query_string=told, data=b"x", content_type="audio/wav")
        assert refused.status_code == status, told
    assert client.post(path, data=b"no sound", content_type="audio/wav").status_code == 415


@pytest.mark.parametrize(
    "told",
    [{"seconds": 0}, {"seconds": 1e6}, {"seconds": "1"}, {"seed": -1}, {"seed": 1.5}, {"x": 1},
     {"temperature": "hot"}, {"top_k": 1.5}, {"top_p": 2}, {"top_k": 0}, {"genre": 1},
     {"genre": "x" * 101}, [], None],
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
