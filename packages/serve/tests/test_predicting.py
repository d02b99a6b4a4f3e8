from __future__ import annotations

import io
import math
import struct
import threading
import time

import numpy as np
import pytest
import serve_tiny
import soundfile

from audioml.core.formats.json import decode

PREDICT = "/v1/models/tiny-level/predict"


def form(*recordings: bytes, name: str = "audio") -> dict:
    return {name: [(io.BytesIO(each), f"{index}.wav") for index, each in enumerate(recordings)]}


def test_a_recording_in_a_form_is_answered_as_analyze_writes_it(client, wav) -> None:
    reply = client.post(PREDICT, data=form(wav(1.2, 8000, value=0.25)))
    assert reply.status_code == 200
    analysis = decode(reply.data)
    level = analysis["tiny-level"]["level"]
    np.testing.assert_allclose(level.values[:, 0], 0.25, atol=0.05)
    assert (level.hop, len(level), level.source.name) == (0.5, 3, "tiny-level")
    assert analysis.recording.duration == pytest.approx(1.2)
    assert {"decode", "features", "queue", "model", "encode"} == {
        part.partition(";")[0] for part in reply.headers["Server-Timing"].split(", ")
    }


@pytest.mark.parametrize("field", ["audio", "file"])
def test_the_part_may_be_called_either_way(client, wav, field) -> None:
    assert client.post(PREDICT, data=form(wav(), name=field)).status_code == 200


@pytest.mark.parametrize(
    ("container", "codec"),
    [("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "ULAW"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16"),
     ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("RF64", "PCM_16"),
     ("W64", "PCM_16"), ("CAF", "PCM_16"), ("AU", "PCM_16")],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_any_container_rate_and_number_of_channels(client, wav, container, codec, channels) -> None:
    rate = 48000 if codec == "OPUS" else 22050
    data = wav(1.0, rate, channels, container=container, subtype=codec)
    reply = client.post(PREDICT, data=data, content_type="audio/anything")
    assert reply.status_code == 200, reply.data
    assert len(decode(reply.data)["tiny-level"]["level"]) in {2, 3}  # mp3 adds a little silence


def test_options_come_in_the_query(client, wav) -> None:
    reply = client.post(f"{PREDICT}?pool=max&scale=2", data=form(wav(2.0)))
    level = decode(reply.data)["tiny-level"]["level"]
    assert len(level) == 1
    assert level.values[0, 0] == pytest.approx(1.0, abs=0.05)


def test_options_come_in_fields_of_the_form_too(client, wav) -> None:
    reply = client.post(PREDICT, data={**form(wav(2.0)), "pool": "max", "format": "npy"})
    assert np.load(io.BytesIO(reply.data)).shape == (1, 1)
    for query, fields in (("?pool=max", {"pool": "max"}), ("?pool=max&pool=none", {})):
        reply = client.post(PREDICT + query, data={**form(wav()), **fields})
        assert (reply.status_code, "more than once" in reply.json["detail"]) == (400, True)


def test_a_header_that_promises_too_much_is_believed(served, wav) -> None:
    client = served(max_seconds=3.0).app.test_client()
    for container, codec in (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")):
        data = wav(5.0, container=container, subtype=codec)
        assert client.post(PREDICT, data=data, content_type="audio/wav").status_code == 413
    assert not serve_tiny.RUNS  # nothing was computed for it


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("pool=mean", "option 'pool' is one of none, max, got 'mean'"),
        ("scale=11", "must be at least 0 and at most 10"),
        ("size=1", "tiny-level has no option 'size'"),
        ("format=xls", "format 'xls' is not one of json"),
    ],
)
def test_what_makes_no_sense_is_told(client, wav, query, said) -> None:
    reply = client.post(f"{PREDICT}?{query}", data=form(wav()))
    assert reply.status_code == 400
    assert reply.content_type == "application/problem+json"
    assert said in reply.json["detail"]
    assert reply.json["instance"] == reply.headers["X-Request-Id"]


def test_the_form_of_the_answer_is_the_clients_choice(client, wav) -> None:
    asked = {"data": wav(), "content_type": "audio/wav"}
    reply = client.post(PREDICT, **asked, headers={"Accept": "application/x-npy"})
    assert np.load(io.BytesIO(reply.data)).shape == (2, 1)
    assert client.post(f"{PREDICT}?format=npz", **asked).content_type == "application/x-npz"
    whole = "/v1/models/length/predict"  # by its task
    reply = client.post(whole, **asked, headers={"Accept": "text/csv, application/json;q=0.5"})
    assert reply.data.splitlines()[1].startswith(b"length,tag_open,0.0,1.0,1.00 s")
    jams = client.post(whole, **asked, headers={"Accept": "application/vnd.jams+json"})
    assert jams.json["annotations"][0]["data"][0]["value"] == "1.00 s"
    refused = client.post(whole, **asked, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json["title"]) == (406, "Not Acceptable")
    nothing = client.post(PREDICT, **asked, headers={"Accept": "text/csv"})
    assert nothing.status_code == 406  # frames are no events


def test_several_recordings_are_answered_each_for_itself(client, wav) -> None:
    reply = client.post(PREDICT, data=form(wav(1.0), b"no sound", wav(2.0)))
    first, second, third = reply.json["results"]
    assert [first["filename"], third["filename"]] == ["0.wav", "2.wav"]
    assert third["estimators"]["tiny-level"]["level"]["shape"] == [4, 1]
    assert second["problem"]["status"] == 415
    refused = client.post(f"{PREDICT}?format=csv", data=form(wav(), wav()))
    assert refused.status_code == 406


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ({"data": {}}, 415, "multipart/form-data"),
        ({"data": {"other": "x"}, "content_type": "multipart/form-data"}, 400, "named 'audio'"),
        ({"data": {"audio": "a.wav"}, "content_type": "multipart/form-data"}, 400, "is text and"),
        ({"data": "{}", "content_type": "application/json"}, 415, "came as application/json"),
        ({"data": b"", "content_type": "audio/wav"}, 422, "it is empty"),
        ({"data": b"RIFFxxxx", "content_type": "audio/wav"}, 415, "not audio that is read here"),
        ({"data": bytes(100), "content_type": "audio/midi"}, 415, "not audio that is read here"),
    ],
)
def test_what_is_no_recording_is_refused(client, how, status, said) -> None:
    reply = client.post(PREDICT, **how)
    assert (reply.status_code, reply.content_type) == (status, "application/problem+json")
    assert said in reply.json["detail"]


def header(rate=8000, channels=1, bits=16, tag=1, size=1000, frames=b"\0" * 1000) -> bytes:
    block = max(1, channels * bits // 8)
    form = struct.pack("<HHIIHH", tag, channels, rate, (rate * block) % 2**32, block % 65536, bits)
    return (
        b"RIFF" + struct.pack("<I", min(36 + size, 2**32 - 1)) + b"WAVEfmt "
        + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + frames
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "statuses", "said"),
    [
        pytest.param(header(rate=1), {422}, "sample rate is 1 Hz", id="rate 1"),
        pytest.param(header(rate=0), {415, 422}, "", id="rate 0"),
        pytest.param(header(rate=2**31), {415, 422}, "", id="rate 2^31"),
        pytest.param(header(rate=500_000), {422}, "expected 4000 to 384000", id="rate 500 kHz"),
        pytest.param(header(channels=0), {415, 422}, "", id="no channels"),
        pytest.param(header(channels=64), {422}, "64 channels; expected 32", id="64 channels"),
        pytest.param(header(channels=65535), {415, 422}, "", id="65535 channels"),
        pytest.param(header(size=0, frames=b""), {422}, "holds no samples", id="no frames"),
        pytest.param(header(tag=2, bits=4), {415, 422}, "", id="ADPCM"),
        pytest.param(header(tag=0x55), {415, 422}, "", id="mp3 in wav"),
    ],
)
def test_headers_that_lie_are_refused(client, data, statuses, said) -> None:
    reply = client.post(PREDICT, data=data, content_type="audio/wav")
    assert reply.status_code in statuses
    assert said in reply.json["detail"]


def test_a_header_that_claims_four_gigabytes_is_read_as_far_as_it_goes(client) -> None:
    data = header(size=2**32 - 40, frames=b"\0" * 8000)
    reply = client.post(PREDICT, data=data, content_type="audio/wav")
    assert reply.status_code == 200
    assert reply.json["recording"]["duration"] == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e30])
def test_samples_that_are_no_numbers_are_refused(client, bad) -> None:
    samples = np.zeros(8000, np.float32)
    samples[4000] = bad
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format="WAV", subtype="FLOAT")
    reply = client.post(PREDICT, data=file.getvalue(), content_type="audio/wav")
    assert reply.status_code == 422


def test_a_bomb_is_given_up_once_it_is_too_long(served, wav) -> None:
    client = served(max_seconds=10.0).app.test_client()
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros(16000 * 600, np.int16), 16000, format="FLAC")
    assert len(silence.getvalue()) < 100_000
    reply = client.post(PREDICT, data=silence.getvalue(), content_type="audio/flac")
    assert reply.status_code == 413
    assert "longer than 10 s" in reply.json["detail"]
    assert client.post(PREDICT, data=wav(), content_type="audio/wav").status_code == 200


def test_a_body_beyond_the_limit_is_refused(served, wav) -> None:
    client = served(max_body=10_000).app.test_client()
    for how in ({"data": form(wav(10.0))}, {"data": wav(10.0), "content_type": "audio/wav"}):
        assert client.post(PREDICT, **how).status_code == 413


def test_all_files_of_a_request_share_one_limit(served, wav) -> None:
    client = served(max_seconds=3.0).app.test_client()
    assert client.post(PREDICT, data=form(wav(2.0))).status_code == 200
    results = client.post(PREDICT, data=form(wav(2.0), wav(2.0), wav(2.0))).json["results"]
    assert any(each.get("problem", {}).get("status") == 413 for each in results)


def test_codecs_with_a_history_are_refused(client, wav) -> None:
    for codec in ("MS_ADPCM", "IMA_ADPCM", "GSM610"):
        reply = client.post(PREDICT, data=wav(subtype=codec), content_type="audio/wav")
        assert (reply.status_code, codec in reply.json["detail"]) == (415, True)


def test_a_deadline_is_kept_for_several_files_too(served, wav) -> None:
    client = served().app.test_client()
    serve_tiny.HOLD.clear()
    headers = {"X-Request-Timeout": "0.2"}
    reply = client.post(PREDICT, data=form(wav(), wav()), headers=headers)
    assert reply.status_code in {200, 504}
    assert b"deadline" in reply.data


def test_more_files_than_are_taken_are_refused(served, wav) -> None:
    client = served(max_parts=2).app.test_client()
    assert client.post(PREDICT, data=form(*[wav(0.1)] * 3)).status_code == 413


def test_names_are_keys_and_never_paths(client, wav, tmp_path) -> None:
    for name in ("..%2f..%2fetc", "%2e%2e", str(tmp_path), "tiny-level%00", "no.such", "é" * 100):
        reply = client.post(f"/v1/models/{name}/predict", data=form(wav()))
        assert reply.status_code in {404, 405}, name
        assert reply.content_type == "application/problem+json"


def test_a_model_that_fails_is_told_apart_and_goes_on(client, wav) -> None:
    serve_tiny.FAIL.add(0.5)
    reply = client.post(PREDICT, data=form(wav(value=0.5)))
    assert (reply.status_code, reply.json["detail"]) == (500, "tiny-level failed: RuntimeError")
    serve_tiny.FAIL.clear()
    assert client.post(PREDICT, data=form(wav())).status_code == 200


def test_more_than_may_be_under_way_is_refused_at_once(served, wav) -> None:
    service = served(pending=1)
    client = service.app.test_client()
    serve_tiny.HOLD.clear()
    first = threading.Thread(target=client.post, args=(PREDICT,), kwargs={"data": form(wav())})
    first.start()
    end = time.monotonic() + 60
    while not serve_tiny.RUNS and time.monotonic() < end:
        time.sleep(0.01)
    reply = service.app.test_client().post(PREDICT, data=form(wav()))
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) >= 1
    serve_tiny.HOLD.set()
    first.join()
    assert client.post(PREDICT, data=form(wav())).status_code == 200


def test_a_deadline_is_kept(served, wav) -> None:
    client = served(deadline=30.0).app.test_client()
    serve_tiny.HOLD.clear()
    reply = client.post(PREDICT, data=form(wav()), headers={"X-Request-Timeout": "0.1"})
    assert reply.status_code == 504
    assert "deadline" in reply.json["detail"]


def test_a_model_that_hangs_is_noticed(served, wav) -> None:
    service = served(hang=1.0)
    client = service.app.test_client()
    assert service.stuck() is None
    serve_tiny.HOLD.clear()
    client.post(PREDICT, data=form(wav()), headers={"X-Request-Timeout": "1.2"})
    assert "tiny-level has not answered for 1 s" in str(service.stuck())
    assert client.get("/healthz").status_code == 503
    serve_tiny.HOLD.set()
    end = time.monotonic() + 60
    while service.stuck() and time.monotonic() < end:
        time.sleep(0.01)
    assert client.get("/healthz").status_code == 200


def test_a_generator_is_not_asked_about_sound(client, wav) -> None:
    reply = client.post("/v1/models/tiny-noise/predict", data=form(wav()))
    assert (reply.status_code, reply.json["detail"]) == (
        400,
        "tiny-noise makes sound; ask for /generate",
    )
