"""A browser, and the stand-in server that it visits."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("flask", reason="pip install audioml-serve")
sys.path.insert(0, str(Path(__file__).parent))  # for `page_stand_in` and `page_visitor`

from page_stand_in import StandIn, serve
from page_visitor import Visitor

_FLAGS = (
    "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking "
    "disable-component-update disable-sync disable-dev-shm-usage mute-audio "
    "autoplay-policy=no-user-gesture-required use-fake-device-for-media-stream "
    "use-fake-ui-for-media-stream window-size=1200,900"
)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """A folder with `tone.wav` (4 s), `it's a; "test".wav`, `hour.flac` and `text.wav`."""
    folder = tmp_path_factory.mktemp("sounds")
    time = np.arange(4 * 16000) / 16000
    tone = np.sin(2 * np.pi * 220 * time) * np.where(time < 2, 0.1, 0.8)
    soundfile.write(folder / "tone.wav", tone, 16000)
    soundfile.write(folder / 'it\'s a; "test".wav', tone, 16000)
    soundfile.write(folder / "hour.flac", np.zeros(3600 * 4000, np.float32), 4000)
    (folder / "text.wav").write_text("this is no sound")
    return folder


@pytest.fixture(scope="session")
def chrome():
    pytest.importorskip("selenium", reason="pip install selenium")
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
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def stand_in():
    state = StandIn()
    running = serve(state)
    yield state
    running.shutdown()


@pytest.fixture
def server(stand_in):
    yield stand_in
    stand_in.reset()


@pytest.fixture
def visitor(chrome, server, sounds, tmp_path) -> Visitor:
    """Somebody at the page; whatever they do, policy is kept and nothing leaves the origin."""
    person = Visitor(chrome, server.address, sounds, tmp_path).arrive()
    yield person
    assert server.reports == []
    assert person.strangers() == []
    assert person.complaints() == []
