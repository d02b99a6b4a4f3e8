"""The routes of MAX's API."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO, cast

from flask import Blueprint, Response, request, url_for
from flask_cors import CORS
from werkzeug.exceptions import MethodNotAllowed, NotFound

from ..routes.predict import called
from ..swagger import swagger_page
from .choice import ENTRY, OUTPUT, model_of
from .document import METADATA, TITLE, document
from .failures import answer_failures
from .mask import Mask
from .replies import as_json, as_page, joined, options
from .rows import spell
from .upload import audio_of

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]

_View = Callable[[], Response]
_FIELDS = ("status", ENTRY, "result")  # the last is another name for the rows
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def blueprint(service: Service, *, model: str = "") -> Blueprint:
    """Return the routes, to be mounted at the root of an application with Swagger UI's files.

    ``model`` names the model that answers; without it the first that :func:`model_of` finds does,
    whose NotFoundError is raised here and not at the first request.
    """
    chosen = model_of(service, model)
    routes = Blueprint("max", __name__)
    answer_failures(routes)
    if os.environ.get("CORS_ENABLE") == "true":  # as its images are told to
        CORS(routes, origins="*")
    _resource(routes, "/", {"GET": _page}, refuse=_refuse_page)
    _resource(routes, "/swagger.json", {"GET": _document})
    _resource(routes, "/model/metadata", {"GET": _metadata})
    predict = {"GET": _not_found, "POST": lambda: _predict(service, chosen)}
    _resource(routes, "/model/predict", predict, refuse=_refuse_page)
    for path in ("/model", "/model/", "/model/<path:_>", "/swagger.json/"):
        _resource(routes, path, {"GET": _not_found}, refuse=_refuse_page)
    return routes


def _refuse() -> Response:
    return as_json({"message": MethodNotAllowed.description}, 405)


def _refuse_page() -> Response:
    return as_page(MethodNotAllowed())


def _resource(
    routes: Blueprint, path: str, views: Mapping[str, _View], *, refuse: _View = _refuse
) -> None:
    """Add a path with all its methods.

    Flask would answer those without a view outside of the blueprint, in the words of the rest of
    the application.
    """
    allowed = {*views, "OPTIONS", "HEAD"}

    def answer(**_: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return options(allowed)
        if method in views:
            return views[method]()
        reply = refuse()
        reply.allow.update(allowed)
        return reply

    routes.add_url_rule(path, re.sub(r"\W", "_", path), answer, methods=_METHODS)


def _page() -> Response:
    return swagger_page(url_for("._swagger_json"), TITLE)


def _document() -> Response:
    return as_json(document(request.script_root or "/"))


def _metadata() -> Response:
    return as_json(_mask().apply(METADATA))


def _not_found() -> Response:
    return as_page(NotFound())


def _predict(service: Service, model: str) -> Response:
    service.check_room(model)
    file = audio_of(request)  # before it counts: it may come slowly
    mask = _mask()
    mask.apply(dict.fromkeys(_FIELDS))  # a bad one costs the model nothing
    with service.admitted(), called(service) as call:
        opened = service.open(cast("BinaryIO", file.stream))
        prediction = service.predict(model, opened.blocks(), options=OUTPUT)
        with call.timed("encode"):
            rows = spell(prediction.frames[ENTRY].values)
            return joined(mask.apply(dict(zip(_FIELDS, (b'"ok"', rows, rows), strict=True))))


def _mask() -> Mask:
    """Return what the client wants to see, which is all where it does not say."""
    return Mask.read(request.headers.get("X-Fields") or "*")
