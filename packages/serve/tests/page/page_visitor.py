"""What a person does at the page, in few words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# read from a copy: drawings are not made to be read, and browsers complain where they are
_PICTURE = """
  const canvas = document.querySelector(arguments[0] + " canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d", {willReadFrequently: true});
  context.drawImage(canvas, 0, 0);
"""


@dataclass
class Visitor:
    """A browser at the page of a server."""

    chrome: Any
    address: str
    sounds: Path
    downloads: Path

    def arrive(self) -> Visitor:
        """Begin anew in a browser that others have used."""
        self.chrome.get("about:blank")
        self.chrome.get_log("browser")
        self.chrome.get_log("performance")
        downloads = {"behavior": "allow", "downloadPath": str(self.downloads)}
        self.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", downloads)
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        self.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        return self

    def open(self, model: str = "", prefix: str = "") -> Visitor:
        self.chrome.get("about:blank")
        self.chrome.get(f"{self.address}{prefix}/app/{f'#{model}' if model else ''}")
        self.run("sessionStorage.clear()")
        return self.until("!document.getElementById('model').disabled")

    def choose(self, name: str = "tone.wav") -> Visitor:
        self["#file"].send_keys(str(self.sounds / name))
        title = "document.getElementById('result-title').textContent"
        return self.until(f"{title} == {json.dumps(name)}").painted()

    def analyse(self, model: str, name: str = "tone.wav") -> Visitor:
        self.open(model).choose(name)
        self["#go"].click()
        return self.done()

    def done(self) -> Visitor:
        self.until("document.getElementById('status').textContent.startsWith('Done')")
        return self.painted()

    def painted(self) -> Visitor:
        """Wait until everything is drawn."""
        frame = (
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        )
        self.chrome.execute_async_script(frame)
        return self

    def run(self, script: str, *arguments: Any) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def get(self, expression: str) -> Any:
        return self.run(f"return {expression}")

    def until(self, expression: str, seconds: float = 10) -> Visitor:
        end = time.monotonic() + seconds
        while not self.get(expression):
            assert time.monotonic() < end, f"not so after {seconds} s: {expression}"
            time.sleep(0.03)
        return self

    def eventually(self, so: Callable[[], bool], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, f"not so after {seconds} s"
            time.sleep(0.03)

    def __getitem__(self, selector: str) -> Any:
        return self.chrome.find_element("css selector", selector)

    def all(self, selector: str) -> list[str]:
        """The texts of all elements that a selector finds."""
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
        )

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def alert(self) -> str:
        self.until("document.querySelector('#alert p')")
        return self.text("#alert p")

    def press(self, *keys: str, held: str | None = None) -> Visitor:
        from selenium.webdriver.common.action_chains import ActionChains

        chain = ActionChains(self.chrome, duration=20)
        if held:
            chain.key_down(held)
        chain.send_keys(*keys)
        if held:
            chain.key_up(held)
        chain.perform()
        return self

    def click(self, selector: str, *, share: float = 0.5, down: float = 0.5) -> Visitor:
        self.point(selector, share=share, down=down, click=True)
        return self

    def point(self, selector: str, *, share: float, down: float, click: bool = False) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        element = self[selector]
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        box = element.rect
        offset = round((share - 0.5) * box["width"]), round((down - 0.5) * box["height"])
        chain = ActionChains(self.chrome, duration=20).move_to_element_with_offset(element, *offset)
        (chain.click() if click else chain).perform()

    def lane(self, name: str) -> str:
        return f'[data-lane="{name}"] .field'

    def position(self) -> float:
        slider = self['[role="slider"]']
        return float(slider.get_attribute("aria-valuenow"))

    def head(self) -> float:
        """Where the play head stands across what is shown, from 0 to 1."""
        return self.get(
            "parseFloat(document.querySelector('.playhead').style.getPropertyValue('--share'))"
        )

    def pixel(self, lane: str, share: float, down: float) -> list[int]:
        """The colour that a drawing has at a place."""
        return self.run(
            _PICTURE
            + """const x = Math.min(canvas.width - 1, Math.floor(arguments[1] * canvas.width));
            const y = Math.min(canvas.height - 1, Math.floor(arguments[2] * canvas.height));
            return [...context.getImageData(x, y, 1, 1).data];""",
            self.lane(lane),
            share,
            down,
        )

    def colours(self, lane: str) -> int:
        """How many colours a drawing has."""
        return self.run(
            _PICTURE
            + """const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(new Uint32Array(data.buffer)).size;""",
            self.lane(lane),
        )

    def ticks(self, lane: str, down: float) -> int:
        """How many vivid lines cross a drawing at a height."""
        return self.run(
            _PICTURE
            + """const y = canvas.height * arguments[1];
            const row = context.getImageData(0, y, canvas.width, 1).data;
            let [ticks, on] = [0, false];
            for (let i = 0; i < row.length; i += 4) {
              const colour = row.slice(i, i + 3);
              const vivid = Math.max(...colour) - Math.min(...colour) > 90;
              ticks += vivid && !on;
              on = vivid;
            }
            return ticks;""",
            self.lane(lane),
            down,
        )

    def saved(self, name: str) -> bytes:
        end = time.monotonic() + 60
        while not (path := self.downloads / name).exists():
            assert time.monotonic() < end, [p.name for p in self.downloads.iterdir()]
            time.sleep(0.03)
        return path.read_bytes()

    def strangers(self) -> list[str]:
        """Addresses that were asked for and are not of this server."""
        log = (
            json.loads(entry["message"])["message"] for entry in self.chrome.get_log("performance")
        )
        urls = [
            e["params"]["request"]["url"] for e in log if e["method"] == "Network.requestWillBeSent"
        ]
        own = (self.address, f"blob:{self.address}", "data:", "about:", "chrome")
        return [url for url in urls if not url.startswith(own)]

    def complaints(self) -> list[str]:
        """What the console says, but for refusals, which browsers log whatever a page does."""
        said = [entry["message"] for entry in self.chrome.get_log("browser")]
        return [text for text in said if "Failed to load resource" not in text]
