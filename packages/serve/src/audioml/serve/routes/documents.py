"""What the API says of itself: OpenAPI for programs, Swagger UI and a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, url_for

from ..openapi import document
from ..swagger import swagger_page

if TYPE_CHECKING:
    from ..service import Service

__all__ = ["blueprint"]


def blueprint(service: Service) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("documents", __name__)

    @routes.get("/openapi.json")
    def openapi() -> dict[str, Any]:
        return document(service)

    @routes.get("/docs")
    def docs() -> Response:
        return swagger_page(url_for("documents.openapi"), "audioml")

    if service.settings.preset != "max":

        @routes.get("/")
        def front() -> Any:
            return redirect("app/")

    return routes
