from __future__ import annotations

import io
import json
import time

import numpy as np
import pytest
import serve_tiny

from audioml.core.errors import OutputError
from audioml.core.formats.json import read_entry


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
