from __future__ import annotations

import posixpath
import re

import flask
import pytest

from audioml.serve.page import blueprint


@pytest.fixture
def client():
    app = flask.Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint())
    return app.test_client()


def files(client) -> list[str]:
    return re.findall(r'(?:src|href)="(static/[^"]+)"', client.get("/app/").text)


def test_the_page_is_asked_for_again_and_not_sent_twice(client):
    page = client.get("/app/")
    assert page.content_type == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    again = client.get("/app/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_its_files_may_be_kept_for_good(client):
    kinds = set()
    for path in files(client):
        answer = client.get(f"/app/{path}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        kinds.add(answer.mimetype)
    assert kinds == {"text/javascript", "text/css", "image/svg+xml"}


def test_files_of_another_release_are_answered_but_not_kept(client):
    path = re.sub(r"static/\w+/", "static/0123456789ab/", files(client)[0])
    answer = client.get(f"/app/{path}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["nothing.js", "index.html", "../blueprint.py", "%2e%2e/blueprint.py"]
)
def test_nothing_else_is_served(client, name):
    version = files(client)[0].split("/")[1]
    assert client.get(f"/app/static/{version}/{name}").status_code == 404


def test_the_address_without_a_slash_leads_there_behind_any_prefix(client):
    answer = client.get("/app")
    assert answer.status_code == 308
    assert answer.headers["Location"] == "app/"


def test_it_can_be_mounted_elsewhere():
    app = flask.Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(), url_prefix="/try")
    assert app.test_client().get("/try/").status_code == 200
    assert app.test_client().get("/try").headers["Location"] == "try/"


def test_scripts_import_what_there_is(client):
    version = files(client)[0].split("/")[1]
    base, seen, left = f"/app/static/{version}/", set(), ["page.js"]
    while left:
        name = left.pop()
        seen.add(name)
        source = client.get(base + name)
        assert source.status_code == 200, name
        imported = re.findall(r'from "([^"]+)"', source.text)
        paths = {posixpath.normpath(posixpath.join(name, "..", each)) for each in imported}
        left.extend(paths - seen)
    assert len(seen) > 25


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client):
    page = client.get("/app/").text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
