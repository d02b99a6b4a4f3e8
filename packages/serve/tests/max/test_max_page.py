"""Swagger UI's page, with nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import time

import pytest
from flask import Flask
from max_fakes import FakeService, application, running
from max_wire import Case, send

from audioml.serve.swagger import install, swagger_page


@pytest.fixture(scope="module")
def url():
    with running(application(FakeService())) as address:
        yield address


def get(url, path):
    return send(url, Case("", "GET", path))


def test_everything_on_the_page_comes_from_this_server(url):
    page = get(url, "/").body.decode()
    links = re.findall(r'(?:src|href|data-document)="([^"]*)"', page)
    assert len(links) >= 6
    for link in links:
        assert link.startswith("/")
        assert get(url, link).status == 200


def test_no_script_stands_in_the_page_and_none_may_run_there(url):
    reply = get(url, "/")
    assert not re.search(rb"<script(?![^>]*\ssrc=)", reply.body)
    assert not re.search(rb"\son\w+=", reply.body)
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in reply.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"


def test_only_the_files_of_the_page_are_served(url):
    assert get(url, "/swagger/swagger-ui.css").headers["Content-Type"].startswith("text/css")
    for name in ("index.html", "oauth2-redirect.html", "..%2f__init__.py", "swagger-ui.js"):
        assert get(url, f"/swagger/{name}").status == 404


def test_title_and_document_cannot_break_out_of_the_page():
    app = Flask("max-page-tests")
    install(app)
    install(app)
    with app.test_request_context():
        page = swagger_page('/a"><script>', "<script>").get_data(as_text=True)
    assert page.count("<script>") == 0


def test_below_a_prefix_every_link_has_it():
    client = application(FakeService()).test_client()
    page = client.get("/", base_url="http://localhost/below").text
    assert 'data-document="/below/swagger.json"' in page
    assert 'src="/below/swagger/start.js"' in page
    document = client.get("/swagger.json", base_url="http://localhost/below").json
    assert document["basePath"] == "/below"


@pytest.mark.browser
def test_the_page_shows_both_operations_and_asks_the_server(url):
    chrome = browser()
    try:
        chrome.get(url)
        until(chrome, "return document.querySelectorAll('.opblock').length === 2")
        chrome.execute_script("document.querySelector('.opblock-get button').click()")
        until(chrome, "return document.querySelector('.try-out button')").click()
        until(chrome, "return document.querySelector('button.execute')").click()
        until(chrome, "return document.body.textContent.includes('audio_embeddings-tf')")
        told = [each["message"] for each in chrome.get_log("browser") if each["level"] == "SEVERE"]
    finally:
        chrome.quit()
    assert told == []


def browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install selenium")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{flag}")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def until(chrome, script, seconds=20):
    end = time.monotonic() + seconds
    while not (value := chrome.execute_script(script)):
        assert time.monotonic() < end, f"still not so after {seconds} s: {script}"
        time.sleep(0.05)
    return value
