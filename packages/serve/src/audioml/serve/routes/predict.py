"""Recordings in, predictions out."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from audioml.core.analysis import Analysis, Recording
from audioml.core.formats import Format
from audioml.core.options import from_texts

from ..answers import answered, chosen
from ..batching import Call, calling
from ..decoding import Budget
from ..errors import LateError
from ..problems import Problem, problem_of
from .uploads import Upload, format_text, options_text, uploads

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint", "called"]

_AT_ONCE = 4  # recordings of a request


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("predict", __name__)

    @routes.post("/v1/models/<name>/predict")
    def predicted(name: str) -> Response:
        spec = service.catalog[name].estimator.spec
        service.check_room(name)
        found = uploads(service.settings.max_parts)  # before it counts: it may come slowly
        options = from_texts(spec.options, options_text(), of=spec.name)
        form = chosen(format_text())
        with service.admitted(), called(service) as call:
            if len(found) == 1:
                analysis = _analysed(service, name, found[0], options)
                return _encoded(analysis, form, call)
            if form.suffix != ".json":
                raise Problem(406, "several recordings are answered as JSON only")
            return _several(service, name, found, options, call)

    return routes


@contextlib.contextmanager
def called(service: Service) -> Iterator[Call]:
    """Make this request the call that is answered, with its deadline."""
    gone = request.environ.get("audioml.disconnected") or bool
    deadline = service.deadline(request.headers.get("X-Request-Timeout"))
    with calling(Call(deadline=deadline, gone=gone)) as call:
        yield call
        g.stages = call.stages


def _analysed(
    service: Service,
    name: str,
    upload: Upload,
    options: dict[str, Any],
    budget: Budget | None = None,
) -> Analysis:
    opened = service.open(upload.file, budget)
    prediction = service.predict(name, opened.blocks(), options=options)
    return Analysis(Recording(duration=opened.read), {name: prediction})


def _encoded(analysis: Analysis, form: Format, call: Call) -> Response:
    with call.timed("encode"):
        response = answered(analysis, form)
    response.headers["Server-Timing"] = ", ".join(
        f"{stage};dur={seconds * 1000:.2f}" for stage, seconds in call.stages.items()
    )
    return response


def _several(
    service: Service, name: str, found: list[Upload], options: dict[str, Any], call: Call
) -> Response:
    """Answer about several recordings at a time, so that they share runs."""
    form, budget = chosen("json"), Budget(service.settings.max_seconds)
    request_id = g.request_id

    def one(upload: Upload) -> bytes:
        with calling(Call(deadline=call.deadline, gone=call.gone)):
            title = json.dumps(upload.filename).encode()
            try:
                analysis = _analysed(service, name, upload, options, budget)
                return b'{"filename": %s, %s' % (title, form.encode(analysis).strip()[1:])
            except Exception as error:  # noqa: BLE001 - told in its place, beside the others
                problem = problem_of(error).body(request_id)
                return b'{"filename": %s, "problem": %s}' % (title, json.dumps(problem).encode())

    pool = ThreadPoolExecutor(min(_AT_ONCE, len(found)), "parts")
    try:
        futures = [pool.submit(one, upload) for upload in found]
        left = min(call.deadline - time.monotonic(), service.settings.deadline)
        bodies = [future.result(max(0.0, left)) for future in futures]
    except TimeoutError as error:
        raise LateError("the deadline passed before every recording was answered") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Response(b'{"results": [%s]}\n' % b", ".join(bodies), mimetype="application/json")
