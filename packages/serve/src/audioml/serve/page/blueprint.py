"""Serves the page and its files from memory, each with the caching that suits it.

The files are under a folder named by a digest of them all, so that they may be kept for good: a
new release has new addresses. The page itself is asked for again every time. Nothing in it knows
where it is mounted; the scripts find the API relative to the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import flask

__all__ = ["blueprint"]

_MEDIA = {  # by hand: on some systems `mimetypes` knows no better than text/plain for scripts
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGE = "index.html"
_WORKLET = "recorder-worklet.js"  # loaded where somebody records
_FOREVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"


def blueprint() -> flask.Blueprint:
    """Return the page as a blueprint that answers at ``/app``, or where it is registered."""
    files = dict(_read(resources.files(__package__) / "static"))
    version = _digest(files)
    page = _page(files.pop(_PAGE), version, files)
    views = flask.Blueprint("page", __name__, url_prefix="/app")

    @views.get("")
    def slash() -> Any:
        # relative, for a proxy may have taken a prefix away
        return flask.redirect(flask.request.path.rpartition("/")[2] + "/", 308)

    @views.get("/")
    def index() -> flask.Response:
        return _answer(_PAGE, page, _ASK)

    @views.get("/static/<asked>/<path:name>")
    def static(asked: str, name: str) -> flask.Response:
        if name not in files:
            flask.abort(404)
        # a page from before an update may still ask for the files of its time
        return _answer(name, files[name], _FOREVER if asked == version else _ASK)

    return views


def _read(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _read(entry, f"{name}/")
        elif entry.name.rpartition(".")[2] in _MEDIA:
            yield name, entry.read_bytes()


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()[:12]


def _page(source: bytes, version: str, files: Mapping[str, bytes]) -> bytes:
    """Name the scripts at once: found one from another they would come one after another."""
    scripts = sorted(name for name in files if name.endswith(".js") and name != _WORKLET)
    line = '<link rel="modulepreload" href="static/{version}/%s">\n'
    preload = "".join(line % name for name in scripts).encode()
    return source.replace(b"{preload}", preload).replace(b"{version}", version.encode())


def _answer(name: str, body: bytes, caching: str) -> flask.Response:
    response = flask.Response(body, content_type=_MEDIA[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = caching
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(flask.request)
    return response
