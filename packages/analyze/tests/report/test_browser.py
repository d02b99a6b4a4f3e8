"""The report in a real browser: what a person sees, hears and does."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from audioml.analyze.report import html

pytestmark = pytest.mark.browser

_FLAGS = (
    "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync disable-dev-shm-usage mute-audio "
    "autoplay-policy=no-user-gesture-required window-size=1200,900"
)


@pytest.fixture(scope="module")
def browser():
    selenium = pytest.importorskip("selenium", reason="pip install selenium")
    assert selenium
    from selenium import webdriver

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in _FLAGS.split():
        options.add_argument(f"--{flag}")
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def address(song, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "song.html"
    path.write_bytes(html(song, song.recording.path))
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    browser.get(address)
    until(browser, "return document.getElementById('sound').readyState >= 2")
    return browser


_PLAYHEAD = (
    "(document.querySelector('.track .playhead').getBoundingClientRect().left"
    " - track.getBoundingClientRect().left) / track.offsetWidth * 100"
)


def until(page, script, seconds=5):
    end = time.monotonic() + seconds
    while not (value := page.execute_script(script)):
        assert time.monotonic() < end, f"still not so after {seconds} s: {script}"
        time.sleep(0.02)
    return value


def now(page):
    return page.execute_script("return document.getElementById('sound').currentTime")


def press(page, *keys, held=None):
    from selenium.webdriver.common.action_chains import ActionChains

    chain = ActionChains(page)
    if held:
        chain.key_down(held)
    chain.send_keys(*keys)
    if held:
        chain.key_up(held)
    chain.perform()


def click(page, selector, *, share=0.5):
    from selenium.webdriver.common.action_chains import ActionChains

    element = page.find_element("css selector", selector)
    offset = round((share - 0.5) * element.rect["width"])
    ActionChains(page).move_to_element_with_offset(element, offset, 0).click().perform()


def key(name):
    from selenium.webdriver.common.keys import Keys

    return getattr(Keys, name)


def focused(page):
    return page.switch_to.active_element.get_attribute("data-name")


def test_it_loads_without_complaint_and_without_the_network(browser, address):
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    time.sleep(0.3)
    assert browser.get_log("browser") == []
    events = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"].endswith("WillBeSent")]
    assert asked
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}


def test_the_pictures_are_there(page):
    assert page.execute_script("return document.querySelector('.chroma img').naturalWidth") == 120
    assert page.execute_script("return document.querySelector('#wave .peak').getAttribute('d')")
    assert page.execute_script("return document.querySelectorAll('.lane').length") == 6


def test_play_plays_and_the_playhead_follows(page):
    click(page, "#play")
    until(page, "return document.getElementById('sound').currentTime > 0.3")
    until(page, f"return {_PLAYHEAD} > 2")
    label = "return document.getElementById('play').getAttribute('aria-label')"
    assert page.execute_script(label) == "Pause"


def test_space_plays_and_pauses(page):
    press(page, " ")
    until(page, "return !document.getElementById('sound').paused")
    press(page, " ")
    until(page, "return document.getElementById('sound').paused")


def test_a_click_seeks(page):
    click(page, "#overview", share=0.75)
    assert now(page) == pytest.approx(9.0, abs=0.1)
    assert page.find_element("id", "now").text == f"0:{now(page):04.1f}"
    click(page, ".lane.chroma", share=0.5)
    assert now(page) == pytest.approx(6.0, abs=0.2)


def test_dragging_scrubs(page):
    from selenium.webdriver.common.action_chains import ActionChains

    overview = page.find_element("id", "overview")
    chain = ActionChains(page).move_to_element(overview).click_and_hold()
    chain.move_by_offset(overview.rect["width"] // 4, 0).release().perform()
    assert now(page) == pytest.approx(9.0, abs=0.1)


def test_arrows_seek_by_seconds_and_by_segment(page):
    press(page, key("ARROW_RIGHT"))
    assert now(page) == pytest.approx(5.0)
    press(page, key("ARROW_LEFT"))
    assert now(page) == 0.0
    press(page, key("ARROW_RIGHT"), held=key("SHIFT"))
    assert now(page) == pytest.approx(3.0)


def test_segments_are_reached_and_played_by_keyboard(page):
    page.execute_script("document.querySelector('.seg').focus()")
    press(page, key("ARROW_RIGHT"), key("ARROW_RIGHT"))
    assert focused(page) == "C major over G"
    assert now(page) == pytest.approx(4.0)
    press(page, key("END"))
    assert now(page) == pytest.approx(12.0)
    press(page, key("ENTER"))
    assert now(page) == pytest.approx(4.0)
    current = page.find_element("css selector", ".seg[aria-current]")
    assert current.get_attribute("data-name") == "C major over G"
    assert page.find_element("css selector", "#current b").text == "C/G"


def test_a_segment_clicked_seeks_and_leaves_the_space_bar_free(page):
    click(page, ".seg:nth-child(4)")
    assert now(page) == pytest.approx(8.0)
    press(page, " ")
    until(page, "return document.getElementById('sound').currentTime > 8.1")


def test_a_row_of_the_table_seeks(page):
    page.execute_script("document.querySelectorAll('.at')[3].focus()")
    press(page, key("ENTER"))
    assert now(page) == pytest.approx(8.0)


def test_zoom_widens_the_timeline_and_keeps_the_place(page):
    width = "return document.getElementById('track').offsetWidth"
    before = page.execute_script(width)
    press(page, "+", "+")
    assert page.execute_script(width) == pytest.approx(before * 2.25, rel=0.01)
    press(page, "0")
    fits = "return document.getElementById('scroll').clientWidth"
    assert page.execute_script(width) == page.execute_script(fits)


def test_notes_light_up_at_the_playhead_with_their_keys(page):
    lit = """return ['.sounding', '.lit', '.lit-black'].map(
        (kind) => document.querySelector(kind).getAttribute('d'))"""
    click(page, "#overview", share=0.5 / 12)
    sounding, white, black = page.execute_script(lit)
    assert sounding.startswith("M0 ")
    assert sounding.count("M") == white.count("M") == 1
    assert not black
    click(page, "#overview", share=2 / 12)
    assert page.execute_script(lit)[0].startswith("M1 ")
    click(page, "#overview", share=0.5)
    assert not any(page.execute_script(lit))


def test_the_note_under_the_pointer_is_told(page):
    assert not tip(page)
    point(page, time=0.5, pitch=60)
    assert tip(page) == "C40:00.0 · 1.00 s · velocity 20 · confidence 25%"
    point(page, time=2.9, pitch=67)
    assert tip(page) == "G40:01.0 · 2.00 s · velocity 120"
    point(page, time=2.9, pitch=66)
    assert not tip(page)
    page.execute_script("arguments[0].click()", page.find_element("id", "in"))
    point(page, time=0.5, pitch=60)
    assert tip(page).startswith("C4")
    point(page, time=0.5, pitch=60, selector=".lane.waveform")
    assert not tip(page)


def tip(page):
    element = page.find_element("css selector", ".tip")
    return element.text.replace("\n", "") if element.is_displayed() else ""


def point(page, *, time, pitch, selector=".lane.roll"):
    """Move the mouse to where a note is, or as far across another lane."""
    place = """
        const lane = document.querySelector(arguments[0]);
        lane.scrollIntoView({block: 'center'});
        const box = lane.getBoundingClientRect();
        const high = document.querySelector('.notes').dataset.high;
        const rows = document.querySelector('.lane.roll svg').viewBox.baseVal.height;
        return [box.left + arguments[1] / 12 * box.width,
                box.top + (high - arguments[2] + 0.5) / rows * box.height]"""
    x, y = page.execute_script(place, selector, time, pitch)
    page.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})


@pytest.mark.parametrize("wide", [320, 400, 1920])
def test_nothing_sticks_out_of_a_window(browser, address, wide):
    size = {"width": wide, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.get(address)
        point(browser, time=11.9, pitch=60)
        point(browser, time=2.9, pitch=67)
        assert tip(browser).startswith("G4")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= wide
        box = browser.find_element("css selector", ".tip").rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= wide
        click(browser, "#fit")
        track = "return document.getElementById('scroll').scrollWidth - track.offsetWidth"
        assert browser.execute_script(track) == 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_it_follows_the_system_and_can_be_switched(page, scheme, other):
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    assert shade(page) == scheme
    click(page, "#theme")
    assert shade(page) == other
    press(page, "t")
    assert shade(page) == scheme


def shade(page):
    colour = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    return "dark" if int(colour.split("(")[1].split(",")[0]) < 128 else "light"


def test_without_javascript_the_page_is_whole(browser, address):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        assert browser.find_element("css selector", "audio").is_displayed()
        assert not browser.find_element("id", "play").is_displayed()
        assert browser.find_element("css selector", ".seg").text == "Am"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper_is_light_and_has_no_player(browser, address):
    browser.get(address)
    media = {
        "media": "print",
        "features": [{"name": "prefers-color-scheme", "value": "dark"}],
    }
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        assert shade(browser) == "light"
        assert not browser.find_element("id", "play").is_displayed()
        assert browser.find_element("css selector", "tbody tr:last-child").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
