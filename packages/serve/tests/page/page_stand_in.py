"""A small server with the API that the page talks to: canned models, strict security headers."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import flask
import numpy as np
import soundfile
from werkzeug.serving import WSGIRequestHandler, make_server

from audioml.core.analysis import Analysis, Recording
from audioml.core.errors import OutputError
from audioml.core.formats import find_format
from audioml.core.values import Annotation, Frames, Prediction, Source
from audioml.serve.page import blueprint

CSP = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; worker-src 'self' blob:"
)
HOSTILE = "<img src=x onerror=alert(1)>"
TAGS = ("rain", "speech", "dog", HOSTILE)
_MEDIA = {"json": "application/json", "csv": "text/csv", "midi": "audio/midi"}
_REFUSALS = {
    "big": (413, "Content Too Large", "the body has 12 MB, 10 MB are allowed"),
    "late": (504, "Gateway Timeout", ""),
    "wrong": (422, "Unprocessable", "the file ends after 3 s, the model needs 10 s"),
}


def _model(name: str, *, kind: str = "estimator", **more: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "version": "1.0.0",
        "kind": kind,
        "task": name,
        "description": f"answers with {name}",
        "license": "Apache-2.0",
        "source": "https://example.org/models",
        "rate": 16000,
        "channels": 1,
        "streaming": False,
        "batching": "rows",
        "answers": [name],
        "metrics": {},
        "precision": "float32",
        "options": {},
        "links": {},
    }
    return usual | more


OPTIONS = {
    "hop": {
        "type": "number",
        "default": 0.96,
        "minimum": 0.01,
        "maximum": 10,
        "description": "seconds from one vector to the next",
    },
    "output": {
        "type": "string",
        "default": "pca",
        "choices": ["pca", "raw", "uint8"],
        "description": "what is done to the vectors",
    },
    "pad": {"type": "boolean", "default": False, "description": "fill up the last one"},
    "note": {"type": "string", "default": "", "description": HOSTILE},
    "top": {"type": "integer", "default": None, "minimum": 1},
    "from": {"type": "integer", "default": 0},
}
MODELS = [
    _model("embedding", options=OPTIONS, description="128 numbers a second for each moment"),
    *(_model(n) for n in ("tags", "many", "chords", "scene", "notes", "beats", "loudness")),
    *(_model(name) for name in ("hour", "nothing", "slow", "busy", *_REFUSALS)),
    _model(HOSTILE, description=HOSTILE, license=HOSTILE, source="javascript:alert(1)"),
    _model("hum", kind="generator", description="hums", rate=16000),
]


_SOURCE = Source("tiny", "1.2.3", "c0ffee")


def _frames(name: str, seconds: float) -> dict[str, Frames]:
    noise = np.random.default_rng(1)
    rows = 3600 if name == "hour" else max(round(seconds * 4), 1)
    hop = 1.0 if name == "hour" else 0.25
    if name == "loudness":
        return {"loudness": Frames(np.sin(np.arange(rows) / 3), hop)}
    if name in ("embedding", "hour"):
        values = noise.normal(size=(rows, 128)).cumsum(1) / 9
        return {"embedding": Frames(values, hop, source=_SOURCE)}
    labels = TAGS if name == "tags" else tuple(f"label {i}" for i in range(60))
    shares = noise.random((rows, len(labels))) * np.linspace(0.9, 0.1, len(labels))
    shares[rows // 2, 0] = 0.98
    return {"tags": Frames(shares, hop, labels=labels, source=_SOURCE)}


def _events(name: str, seconds: float) -> dict[str, Annotation]:
    if name == "chords":
        spans = np.array([[0, 0.3], [0.3, 0.5], [0.5, 1]]) * seconds
        sure = np.array([0.9, np.nan, 0.5])
        labels = ["C:maj", "N", "A:min/b3"]
        return {"chord": Annotation("chord", spans, labels, sure, source=_SOURCE)}
    if name == "scene":
        spans = np.array([[0, 0.7], [0.4, 1.0], [0.8, 0.9]]) * seconds
        events = Annotation("scaper", spans, ["street", HOSTILE, "horn"], source=_SOURCE)
        whole = np.array([[0, seconds]] * 2)
        return {
            "events": events,
            "mood": Annotation("tag_open", whole, ["calm", "loud"], [0.8, 0.1]),
        }
    if name == "notes":
        times = np.arange(8)[:, np.newaxis] / 8 * seconds + np.array([0, 0.1 * seconds])
        force = {"velocity": np.linspace(20, 120, 8).round()}
        pitches = [60, 62, 64, 65, 67, 69, 71, 72]
        return {"notes": Annotation("note_midi", times, pitches, None, force)}
    beats = Annotation.instants("beat", np.arange(8) / 8 * seconds, [1, 2, 3, 4] * 2)
    return {"beats": beats, "tempo": Annotation("tempo", np.array([[0, seconds]]), [119.96])}


_ANSWERS = dict.fromkeys(("embedding", "hour", "loudness", "many", "tags"), _frames)
_ANSWERS |= dict.fromkeys(("beats", "chords", "notes", "scene"), _events)


def predict(name: str, seconds: float) -> dict[str, Prediction]:
    """What the canned models answer for a sound of so many seconds."""
    answer = _ANSWERS.get(name)
    return {name: Prediction(answer(name, seconds) if answer else {})}


@dataclass
class StandIn:
    """What the server was asked, and how it behaves."""

    key: str = ""
    busy: int = 1
    bodies: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    def reset(self) -> None:
        """Forget what was asked."""
        self.release.set()
        fresh = StandIn(address=self.address)
        self.__dict__.update(fresh.__dict__)

    def problem(self, status: int, title: str, detail: str = "", **headers: str) -> Any:
        body = {"type": "about:blank", "title": title, "status": status}
        body |= {"detail": detail} if detail else {}
        response = flask.jsonify(body)
        response.headers.extend(headers)
        response.content_type = "application/problem+json"
        return response, status

    def answer(self, name: str) -> Any:
        """Answer a prediction."""
        sent = flask.request.files["audio"]
        data = sent.read()
        self.asked.append((name, dict(flask.request.args), sent.filename, data))
        if name in _REFUSALS:
            return self.problem(*_REFUSALS[name])
        if name == "busy" and self.busy:
            self.busy -= 1
            retry = {"Retry-After": "2"}
            return self.problem(503, "Service Unavailable", "all models have work", **retry)
        if name == "slow":
            self.release.wait(20)
        try:
            seconds = soundfile.info(io.BytesIO(data)).duration
        except soundfile.LibsndfileError:
            return self.problem(415, "Unsupported", f"{sent.filename!r} is not an audio file")
        kind = flask.request.args.get("format", "json")
        form = find_format(kind)
        try:
            body = form.encode(Analysis(Recording(duration=seconds), predict(name, seconds)))
        except OutputError as error:
            return self.problem(406, "Not Acceptable", str(error))
        return flask.Response(body, content_type=_MEDIA.get(kind, "application/octet-stream"))

    def generated(self) -> Any:
        """Answer a sound, as a stream whose header does not know how long it is."""
        wanted = flask.request.get_json()
        self.bodies.append(wanted)
        file = io.BytesIO()
        time_ = np.arange(round(16000 * wanted["seconds"])) / 16000
        soundfile.write(file, np.sin(440 * 6.28 * time_) / 3, 16000, format="WAV")
        data = bytearray(file.getvalue())
        data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
        halves = (bytes(data[:9000]), bytes(data[9000:]))
        return flask.Response(iter(halves), content_type="audio/wav")

    def allowed(self) -> bool:
        given = flask.request.headers.get("Authorization", "")
        return not self.key or given == f"Bearer {self.key}"


def application(state: StandIn) -> flask.Flask:
    app = flask.Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(), url_prefix="/app")

    @app.before_request
    def guard() -> Any:
        if flask.request.path.startswith("/v1/") and not state.allowed():
            return state.problem(401, "Unauthorized", "a key is needed")
        return None

    @app.after_request
    def secure(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = f"{CSP}; report-uri /reports"
        return response

    app.add_url_rule("/v1/models", view_func=lambda: {"models": MODELS}, endpoint="models")
    app.add_url_rule("/v1/models/<name>/predict", view_func=state.answer, methods=["POST"])
    make = {"view_func": lambda name: state.generated(), "methods": ["POST"]}
    app.add_url_rule("/v1/models/<name>/generate", endpoint="generate", **make)

    @app.post("/reports")
    def reports() -> str:
        state.reports.append(flask.request.get_data())
        return ""

    return app


class _Proxied:
    """Also answers below ``/lab``, as behind a proxy that takes this prefix away."""

    def __init__(self, app: flask.Flask) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith("/lab/"):
            environ["PATH_INFO"] = path.removeprefix("/lab")
        return self.app(environ, start)


class _Quiet(WSGIRequestHandler):
    def log(self, *message: Any) -> None:
        """Keep requests out of the log."""


def serve(state: StandIn) -> Any:
    """Serve on a free port until ``shutdown`` of what is returned."""
    app = _Proxied(application(state))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    state.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":  # to look at the page by hand
    standing = StandIn()
    serve(standing)
    print(f"{standing.address}/app/")
    while True:
        time.sleep(60)
