"""Which models there are, and what each takes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, url_for

from audioml.core.options import Option

from ..catalog import Served

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["about", "blueprint"]

_TOLD = (
    *("name", "version", "task", "description", "license", "source", "rate", "channels"),
    *("streaming", "batching", "precision"),
)


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("models", __name__)

    @routes.get("/v1/models")
    def listed() -> dict[str, Any]:
        return {"models": [about(served) for served in service.catalog.values()]}

    @routes.get("/v1/models/<name>")
    def one(name: str) -> dict[str, Any]:
        return about(service.catalog[name])

    return routes


def about(served: Served) -> dict[str, Any]:
    """Return what the API tells of a model."""
    spec = served.spec
    return {
        **{name: getattr(spec, name) for name in _TOLD},
        "kind": "generator" if served.is_generator else "estimator",
        "answers": list(spec.answers),
        "metrics": dict(spec.metrics),
        "options": _options(spec.options),
        "links": _links(served),
    }


def _links(served: Served) -> dict[str, str]:
    name = served.spec.name
    links = {"self": url_for("models.one", name=name)}
    if served.is_generator:
        return links | {"generate": url_for("generate.generated", name=name)}
    links |= {"predict": url_for("predict.predicted", name=name)}
    if served.spec.streaming:
        links |= {"stream": url_for("stream.streamed", name=name)}
    return links


def _options(options: Mapping[str, Option]) -> dict[str, Any]:
    return {name: _option(option) for name, option in options.items()}


def _option(option: Option) -> dict[str, Any]:
    told: dict[str, Any] = {"type": option.type, "default": option.default}
    told |= {"choices": list(option.choices)} if option.choices else {}
    for limit in ("minimum", "maximum", "step"):
        if getattr(option, limit) is not None:
            told[limit] = getattr(option, limit)
    return told | {"description": option.description}
