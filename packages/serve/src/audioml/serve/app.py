"""Puts the application together: routes, guards, logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from audioml.core.plugins import registry

from . import guards, logs, problems, swagger
from .page import blueprint as page
from .routes import blueprints

if TYPE_CHECKING:
    from .service import Service

__all__ = ["create_app"]


def create_app(service: Service) -> Flask:
    """Return the WSGI application of a service."""
    settings = service.settings
    app = Flask("audioml.serve", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = True
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=settings.max_parts + 32,  # options may be fields too
        PROPAGATE_EXCEPTIONS=False,
        service=service,
    )
    logs.install(app, service.metrics)
    guards.install(app, settings)
    problems.install(app)
    if settings.preset == "max":
        from .max import blueprint as max_

        app.register_blueprint(max_(service))
    for made in blueprints(service):
        app.register_blueprint(made)
    app.register_blueprint(page())
    swagger.install(app)
    for component in registry().components("route"):
        app.register_blueprint(component.load()(service), url_prefix=f"/x/{component.name}")
    return app
