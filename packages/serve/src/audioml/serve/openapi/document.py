"""Puts the description together: one address after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audioml.core import __version__
from audioml.core.formats import find_format

from ..answers import FORMATS
from ..catalog import Served
from ..decoding import CONTAINERS
from .schemas import SCHEMAS, ref

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["document"]

_PROBLEM = {"content": {"application/problem+json": {"schema": ref("Problem")}}}
_REASONS = {
    400: "The request makes no sense.",
    401: "A key is needed.",
    404: "There is no such thing here.",
    406: "The answer cannot be given in this form.",
    409: "This cannot be done now.",
    413: "The recording is too long or too large.",
    415: "The recording is of a kind that is not read here.",
    422: "The recording cannot be used.",
    429: "Too many requests of one client.",
    500: "The model failed.",
    501: "This server does not do that.",
    507: "The server has no room.",
    503: "Too much is under way; Retry-After tells when to try again.",
    504: "The deadline passed.",
}
_BINARY = {"type": "string", "format": "binary"}
_ALWAYS = (400, 401, 404, 429)
_WORK = (406, 413, 415, 422, 500, 503, 504)


def document(service: Service) -> dict[str, Any]:
    """Return the API's description, with the names and options of the models that are served."""
    served = service.catalog
    estimators = {name: each for name, each in served.items() if not each.is_generator}
    streaming = {name: each for name, each in estimators.items() if each.spec.streaming}
    generators = {name: each for name, each in served.items() if each.is_generator}
    paths = {
        "/healthz": {"get": _operation("live", "Whether the process lives", _json("Health"), 503)},
        "/readyz": {"get": _operation("ready", "Whether it takes requests", _json("Health"), 503)},
        "/metrics": {"get": _operation("metrics", "Figures for Prometheus", _text(), 401)},
        "/v1/models": {"get": _operation("models", "The models", _json("Models"), 400, 401, 429)},
        "/v1/models/{name}": {
            "get": _operation("model", "One model", _json("Model"), *_ALWAYS),
            "parameters": [_name(served)],
        },
    }
    if estimators:
        paths["/v1/models/{name}/predict"] = _predict(estimators)
    if streaming:
        paths["/v1/models/{name}/stream"] = _stream(streaming)
    if estimators and service.settings.jobs:
        paths |= _jobs(estimators)
    if generators:
        paths["/v1/models/{name}/generate"] = _generate(generators, service.settings.max_generated)
    keyed: dict[str, Any] = {}
    if service.settings.keys:
        keyed = {"security": [{"bearer": []}, {"header": []}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "audioml",
            "version": __version__,
            "description": "Audio models behind one API. Any sound file in; JSON, numpy, JAMS, "
            "CSV or MIDI out.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        **keyed,
    }


def _operation(
    name: str, summary: str, answer: dict[str, Any], *problems: int, status: int = 200
) -> dict[str, Any]:
    answers = {str(status): answer}
    answers |= {str(code): {"description": _REASONS[code], **_PROBLEM} for code in problems}
    return {"operationId": name, "summary": summary, "responses": answers}


def _json(schema: str, description: str = "The answer.") -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": ref(schema)}}}


def _text() -> dict[str, Any]:
    return {"description": "The answer.", "content": {"text/plain": {"schema": {"type": "string"}}}}


def _name(served: Any) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(served)}
    return {"name": "name", "in": "path", "required": True, "schema": schema}


def _options(served: Any) -> list[dict[str, Any]]:
    """Return the options of all models as parameters of the query."""
    found: dict[str, dict[str, Any]] = {}
    for name, each in served.items():
        for option, about in each.spec.options.items():
            schema: dict[str, Any] = {"type": about.type}
            schema |= {"enum": list(about.choices)} if about.choices else {}
            for limit in ("minimum", "maximum"):
                if getattr(about, limit) is not None:
                    schema[limit] = getattr(about, limit)
            schema |= {"multipleOf": about.step} if about.step else {}
            told = f"{about.description} ({name}; {about.default} by default)".strip()
            found.setdefault(
                option,
                {"name": option, "in": "query", "required": False, "schema": schema,
                 "description": told},
            )  # fmt: skip
    return list(found.values())


def _form() -> dict[str, Any]:
    return {
        "name": "format",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(FORMATS)},
        "description": "The form of the answer, instead of the Accept header.",
    }


def _recording(*, several: bool) -> dict[str, Any]:
    part = {"type": "array", "items": _BINARY, "minItems": 1} if several else _BINARY
    form = {"type": "object", "required": ["audio"], "properties": {"audio": part}}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    media = dict.fromkeys([*CONTAINERS.values(), "application/octet-stream"])
    content |= {kind: {"schema": _BINARY} for kind in media}
    return {"required": True, "content": content}


def _answers(schema: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    for name in FORMATS[1:]:
        media = find_format(name).media
        content[media] = {"schema": {} if media.endswith("json") else _BINARY}
    return {"description": "The prediction.", "content": content}


def _predict(served: dict[str, Served]) -> dict[str, Any]:
    schema = {"anyOf": [ref("Document"), ref("Results")]}
    operation = _operation(
        "predict", "Ask a model about recordings", _answers(schema), *_ALWAYS, *_WORK, 501
    )
    parameters = [_name(served), *_options(served), _form()]
    return {
        "post": {**operation, "requestBody": _recording(several=True)},
        "parameters": parameters,
    }


def _stream(served: dict[str, Served]) -> dict[str, Any]:
    answer = {
        "description": "Lines of JSON, while the sound still comes.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
    operation = _operation("stream", "Ask about sound as it comes", answer, *_ALWAYS, *_WORK, 409)
    kinds = ("audio/wav", "audio/l16", "audio/pcm")
    body = {"required": True, "content": {kind: {"schema": _BINARY} for kind in kinds}}
    return {
        "post": {**operation, "requestBody": body},
        "parameters": [_name(served), *_options(served)],
    }


def _jobs(served: dict[str, Served]) -> dict[str, Any]:
    model = {**_name(served), "name": "model", "in": "query"}
    job = {"name": "job", "in": "path", "required": True, "schema": {"type": "string"}}
    found = {"job": "$response.body#/id"}
    taken = _json("Job", "The job; Location tells where it is.")
    taken["links"] = {
        name: {"operationId": name, "parameters": found}
        for name in ("job", "job_result", "remove_job")
    }
    added = _operation(
        "add_job",
        "Have a long recording answered later",
        taken,
        *_ALWAYS, *_WORK, 501, 507,
        status=202,
    )  # fmt: skip
    result = _operation(
        "job_result", "What came out", _answers(ref("Document")), *_ALWAYS, 406, 409
    )
    return {
        "/v1/jobs": {
            "post": {**added, "requestBody": _recording(several=False)},
            "parameters": [model, *_options(served)],
        },
        "/v1/jobs/{job}": {
            "get": _operation("job", "How far it is", _json("Job"), *_ALWAYS),
            "delete": _operation(
                "remove_job", "Forget it", {"description": "Forgotten."}, *_ALWAYS, status=204
            ),
            "parameters": [job],
        },
        "/v1/jobs/{job}/result": {"get": result, "parameters": [job, _form()]},
    }


def _generate(served: dict[str, Served], longest: float) -> dict[str, Any]:
    answer = {
        "description": "The sound, sent while it is made.",
        "content": {"audio/wav": {"schema": _BINARY}},
    }
    operation = _operation("generate", "Have sound made", answer, *_ALWAYS, *_WORK)
    limited = {"properties": {"seconds": {"maximum": longest}}}
    schema = {"allOf": [ref("Generate"), limited]}
    body = _recording(several=False)  # what came before, with the rest in the query
    body["content"] = {"application/json": {"schema": schema}, **body["content"]}
    return {
        "post": {**operation, "requestBody": body},
        "parameters": [_name(served), *_told()],
    }


def _told() -> list[dict[str, Any]]:
    """Return what is told in the query, where the body is a recording to go on from."""
    fields = SCHEMAS["Generate"]["properties"].items()
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields]
