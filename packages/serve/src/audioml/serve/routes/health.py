"""Whether the process lives, whether it takes requests, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from audioml.core import __version__

from .. import metrics
from ..problems import Problem

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def live() -> dict[str, Any]:
        hung = service.stuck()
        if hung:
            raise Problem(503, f"{hung}; this process must be replaced")
        return {"status": "ok", "version": __version__}

    @routes.get("/readyz")
    def ready() -> dict[str, Any]:
        if service.draining:
            raise Problem(503, "this server is about to end", headers={"Retry-After": "5"})
        if service.warming:
            raise Problem(503, "the models warm up", headers={"Retry-After": "1"})
        return {"status": "ok", "models": list(service.catalog)}

    @routes.get("/metrics")
    def figures() -> Response:
        return Response(service.metrics.page(), content_type=metrics.MEDIA)

    return routes
