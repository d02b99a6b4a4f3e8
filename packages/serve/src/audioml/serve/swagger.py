"""Swagger UI, served from this machine: a page over an API document, and the files it needs.

The files are those of the package ``flask-swagger-ui``, which follows the releases of Swagger UI.
Nothing is fetched from elsewhere, and no script stands in the page, so that the page runs under a
content security policy.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, render_template_string, send_from_directory, url_for
from werkzeug.exceptions import NotFound

__all__ = ["POLICY", "install", "swagger_page"]

_FILES = frozenset(
    ["LICENSE", "favicon-16x16.png", "favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"]
)
_NAME = "swagger_files"
_START = "start.js"
_DAY = 86400

# Swagger UI sets styles and shows pictures from within its script; forms go to this server only
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<link rel="stylesheet" href="{{ at('swagger-ui.css') }}">
<link rel="icon" type="image/png" href="{{ at('favicon-32x32.png') }}" sizes="32x32">
<link rel="icon" type="image/png" href="{{ at('favicon-16x16.png') }}" sizes="16x16">
</head>
<body>
<div id="swagger-ui" data-document="{{ document }}"></div>
<noscript>This page needs JavaScript; the document itself is <a href="{{ document }}">here</a>.
</noscript>
<script src="{{ at('swagger-ui-bundle.js') }}"></script>
<script src="{{ at(start) }}"></script>
</body>
</html>
"""

_SCRIPT = """\
"use strict";
const place = document.getElementById("swagger-ui");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""


def swagger_page(document: str, title: str) -> Response:
    """Return the page that shows an API document.

    Parameters
    ----------
    document
        URL of the OpenAPI 2 or 3 document, on this server.
    title
        Title of the page.

    Notes
    -----
    The application must have the files, see :func:`install`.
    """
    html = render_template_string(
        _PAGE,
        title=title,
        document=document,
        start=_START,
        at=lambda name: url_for(f"{_NAME}.file", name=name),
    )
    page = Response(html, content_type="text/html; charset=utf-8")
    page.headers["Content-Security-Policy"] = POLICY
    return page


def install(app: Flask) -> None:
    """Serve Swagger UI's files below ``/swagger/``; once, however often it is asked for."""
    if _NAME not in app.blueprints:
        app.register_blueprint(_files())


def _files() -> Blueprint:
    folder = Path(str(files("flask_swagger_ui"))) / "dist"
    routes = Blueprint(_NAME, __name__, url_prefix="/swagger")

    @routes.get("/<name>")
    def file(name: str) -> Response:
        if name == _START:
            script = Response(_SCRIPT, content_type="text/javascript; charset=utf-8")
            script.headers["Cache-Control"] = "no-cache"
            return script
        if name not in _FILES:
            raise NotFound
        return send_from_directory(folder, name, max_age=_DAY)

    return routes
