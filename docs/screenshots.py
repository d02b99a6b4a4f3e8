"""Makes the pictures of the documentation: needs Chromium, chromedriver and selenium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from audioml.analyze import analyze
from audioml.analyze.report import HTML
from audioml.core.audio import write
from audioml.core.testing import music

FLAGS = (
    "headless=new no-sandbox disable-gpu no-first-run disable-background-networking "
    "disable-component-update disable-sync mute-audio hide-scrollbars window-size=1280,1010 "
    "force-device-scale-factor=1.5 autoplay-policy=no-user-gesture-required"
)
PIECE = (
    *("D:maj", "A:maj", "B:min", "F#:min", "G:maj", "D:maj", "G:maj", "A:7"),
    *("D:maj7", "A:maj", "B:min7", "F#:min", "G:maj7", "D:maj", "E:min7", "A:sus4"),
    *("D:maj", "A:7", "B:min", "F#:min7", "G:maj", "D:maj", "E:min", "A:7"),
)


def browser() -> webdriver.Chrome:
    """Return Chromium, ready to be told what to show."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    # named, so that selenium does not look for them on the network
    options.binary_location = shutil.which("chromium") or ""
    return webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )


def report(chrome: webdriver.Chrome, song: Path) -> None:
    """Show the report of ``audioml analyze``, playing."""
    page = song.with_suffix(".html")
    page.write_bytes(HTML.encode(analyze(song, cache=False)))
    chrome.get(page.as_uri())
    chrome.execute_script("document.getElementById('sound').currentTime = 13.4")
    chrome.execute_script("document.getElementById('sound').play()")
    time.sleep(1.5)


def notes(chrome: webdriver.Chrome, song: Path) -> None:
    """Show the report of ``audioml analyze -e notes``: a piano roll, playing."""
    page = song.with_suffix(".html")
    page.write_bytes(HTML.encode(analyze(song, estimators=("notes",), cache=False)))
    chrome.get(page.as_uri())
    chrome.execute_script("document.getElementById('sound').currentTime = 5.2")
    chrome.execute_script("document.getElementById('sound').play()")
    time.sleep(1.5)


def app(chrome: webdriver.Chrome, song: Path) -> None:
    """Show the page of ``audioml serve`` with the chords of a song."""
    metrics = {"width": 1180, "height": 760, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    command = ["audioml", "serve", "chord", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        line = next(line for line in server.stderr or () if "serving on" in line)
        chrome.get(f"{line.split()[-1]}/app/")
        wait = WebDriverWait(chrome, 30)
        wait.until(lambda page: page.find_element("id", "model").is_enabled())
        chrome.find_element("id", "file").send_keys(str(song))
        wait.until(lambda page: page.find_element("id", "result-title").text == song.name)
        chrome.find_element("id", "go").click()
        wait.until(lambda page: page.find_element("id", "status").text.startswith("Done"))
        chrome.execute_script("document.getElementById('stage').scrollIntoView()")
        time.sleep(1.0)  # it is laid out, and drawn, once it is in sight
        chrome.execute_script(
            "scrollBy(0, document.getElementById('stage').getBoundingClientRect().top - 24)"
        )
        time.sleep(0.5)
        server.terminate()


def main() -> None:
    """Write ``images/NAME.png``, of those named or of all."""
    pictures = {"report": report, "notes": notes, "app": app}
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder, "canon.wav")
        tags = {"title": "Ground in D", "artist": "audioml", "album": "Demo"}
        for name in sys.argv[1:] or pictures:
            piece = PIECE if name == "report" else PIECE[:12]  # whose labels find room there
            write(song, music(piece, bar=1.7)[0], tags=tags)
            with browser() as chrome:
                pictures[name](chrome, song)
                chrome.save_screenshot(str(Path(__file__).parent / "images" / f"{name}.png"))


if __name__ == "__main__":
    main()
