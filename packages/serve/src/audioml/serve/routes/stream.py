"""Sound that comes while it is made, answered while it comes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

from flask import Blueprint, Response, g, request, stream_with_context

from audioml.core.audio.pcm import FORMATS, PCM, check_form
from audioml.core.audio.wavstream import Form, read_form
from audioml.core.formats.json import entry
from audioml.core.options import from_texts
from audioml.core.values import Audio, Prediction

from ..batching import Call, calling
from ..decoding import Limits
from ..problems import Problem, problem_of
from .uploads import options_text

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]

_PIECE = 0.5  # seconds of sound that are answered about at a time
_RAW = {"audio/l16": "s16be", "audio/pcm": "s16le"}


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("stream", __name__)

    @routes.post("/v1/models/<name>/stream")
    def streamed(name: str) -> Response:
        served = service.catalog[name]
        spec = served.estimator.spec
        if not spec.streaming:
            raise Problem(409, f"{spec.name} answers about whole recordings; ask /predict or /jobs")
        options = from_texts(spec.options, options_text(), of=spec.name)
        request.max_content_length = None  # it has no length, but it is counted while it is read
        body = request.stream
        form = _form(body)
        limits = Limits.of(service.settings, job=True)
        _check(form, limits)
        request_id = g.request_id

        def answers() -> Iterator[bytes]:
            end = [0.0]
            with calling(Call(gone=request.environ.get("audioml.disconnected") or bool)):
                try:
                    for prediction in served.stream(_blocks(body, form, limits, end), options):
                        yield _told(prediction)
                    yield _line({"done": True, "duration": end[0]})
                except Exception as error:  # noqa: BLE001 - the status is sent: the last line tells
                    yield _line({"problem": problem_of(error).body(request_id)})

        admission = ExitStack()
        admission.enter_context(service.admitted("streams"))
        response = Response(stream_with_context(answers()), mimetype="application/x-ndjson")
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(admission.close)
        return response

    return routes


def _told(prediction: Prediction) -> bytes:
    entries = (b"%s: %s" % (json.dumps(name).encode(), entry(v)) for name, v in prediction.items())
    return b'{"prediction": {%s}}\n' % b", ".join(entries)


def _line(tree: object) -> bytes:
    return json.dumps(tree, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _form(body: IO[bytes]) -> Form:
    """Return what the bytes mean: by the content type, or by the WAV header before them."""
    kind, told = request.mimetype, request.mimetype_params
    if kind not in _RAW:
        if kind not in ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"):
            raise Problem(
                415,
                "a stream is audio/wav, or raw: audio/L16;rate=16000;channels=1, "
                "audio/pcm;rate=16000;channels=1;format=f32le",
            )
        return read_form(body)
    name = told.get("format", _RAW[kind]).lower()
    if name not in FORMATS:
        raise Problem(415, f"samples of {name!r} are none of {', '.join(FORMATS)}")
    try:
        rate, channels = int(told.get("rate", "")), int(told.get("channels", "1"))
    except ValueError as error:
        raise Problem(400, f"{kind} needs its rate in Hz, as in {kind};rate=16000") from error
    return Form(name, *check_form(rate, channels))


def _check(form: Form, limits: Limits) -> None:
    low, high = limits.rates
    if not low <= form.rate <= high or form.channels > limits.channels:
        raise Problem.unreadable(
            f"{form.channels} channel(s) at {form.rate} Hz; expected {limits.channels} at most, "
            f"at {low} to {high} Hz"
        )


def _blocks(body: IO[bytes], form: Form, limits: Limits, end: list[float]) -> Iterator[Audio]:
    """Yield the sound of a body as it comes."""
    pcm, count = PCM(form.format, form.channels), 0
    size = max(1, int(_PIECE * form.rate)) * pcm.frame
    left = math.inf if form.size is None else form.size
    read = getattr(body, "read1", body.read)  # what is there, without waiting for more
    while left > 0 and (data := read(int(min(size, left)))):
        left -= len(data)
        samples = pcm.push(data)
        if not samples.shape[1]:
            continue
        block = Audio(samples, form.rate, count / form.rate)
        count += samples.shape[1]
        end[0] = block.end
        if block.end > limits.seconds:
            raise Problem.too_long(limits.seconds)
        yield block
