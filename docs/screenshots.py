"""Makes the pictures of the documentation: needs Chromium, chromedriver and selenium."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from selenium import webdriver

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


def main() -> None:
    """Write ``images/report.png``."""
    with tempfile.TemporaryDirectory() as folder:
        song, page = Path(folder, "canon.wav"), Path(folder, "canon.html")
        tags = {"title": "Ground in D", "artist": "audioml", "album": "Demo"}
        write(song, music(PIECE, bar=1.7)[0], tags=tags)
        page.write_bytes(HTML.encode(analyze(song, cache=False)))
        options = webdriver.ChromeOptions()
        for flag in FLAGS.split():
            options.add_argument(f"--{flag}")
        # named, so that selenium does not look for them on the network
        options.binary_location = shutil.which("chromium") or ""
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        with webdriver.Chrome(options=options, service=service) as chrome:
            chrome.get(page.as_uri())
            chrome.execute_script("document.getElementById('sound').currentTime = 13.4")
            chrome.execute_script("document.getElementById('sound').play()")
            time.sleep(1.5)
            chrome.save_screenshot(str(Path(__file__).parent / "images" / "report.png"))


if __name__ == "__main__":
    main()
