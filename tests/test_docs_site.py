"""The site as a whole: its links lead somewhere, and it needs no other host."""

from __future__ import annotations

import os
import re
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(os.environ.get("AUDIOML_SITE", ""))  # `nox -s docs` names what it has built


class Links(HTMLParser):
    """Collects what a page loads, where it leads to, and what it can be asked for."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given.get("id") or "", given.get("name") or ""}
        if tag == "a" and given.get("href"):
            self.leads.append(given["href"] or "")
        elif tag == "link" and given.get("href"):
            self.loads.append(given["href"] or "")
        elif given.get("src"):
            self.loads.append(given["src"] or "")


@pytest.fixture(scope="module")
def site() -> dict[Path, Links]:
    """The pages that ``nox -s docs`` built."""
    if "AUDIOML_SITE" not in os.environ:
        pytest.skip("AUDIOML_SITE names no site that was built; nox -s docs does")
    return {page: Links(page) for page in SITE.rglob("*.html")}


def test_pages_load_nothing_from_other_hosts(site) -> None:
    for page, links in site.items():
        assert [url for url in links.loads if urlsplit(url).netloc] == [], page
    for sheet in SITE.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text), sheet


def test_links_within_the_site_lead_somewhere(site) -> None:
    missing = []
    for page, links in site.items():
        if "_modules" in page.parts:  # what is documented in two places leads back to the wrong one
            continue
        for link in [*links.leads, *links.loads]:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (page.parent / unquote(url.path)).resolve() if url.path else page
            known = site.get(target)
            if not target.exists() or (
                url.fragment and known and unquote(url.fragment) not in known.anchors
            ):
                missing.append((page.name, link))
    assert missing == []


def test_the_search_works_without_a_server_of_others(site) -> None:
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    for word in ("chord", "transcript", "wavenet"):
        assert re.search(rf'"?{word}"?:', index), word
    assert any("searchtools.js" in url for url in site[SITE / "search.html"].loads)


@pytest.mark.browser
def test_a_word_is_found_in_a_browser_without_a_network(site) -> None:
    webdriver = pytest.importorskip("selenium.webdriver", reason="pip install selenium")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{flag}")
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        browser.set_network_conditions(offline=True, latency=0, throughput=0)
        browser.get(f"{(SITE / 'search.html').as_uri()}?q=soundfont")
        found, deadline = [], time.monotonic() + 60
        while not found and time.monotonic() < deadline:
            found = browser.find_elements("css selector", "#search-results li a")
            time.sleep(0.2)
        assert any("transcription.html" in link.get_attribute("href") for link in found)
