"""Every kind of result is drawn for what it is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from page_stand_in import HOSTILE, TAGS

pytestmark = pytest.mark.browser


def key(name):
    from selenium.webdriver.common.keys import Keys

    return getattr(Keys, name)


def read(visitor, lane):
    return visitor.text(f'[data-lane="{lane}"] .read')


def test_an_embedding_is_a_heat_map_with_its_values(visitor):
    visitor.analyse("embedding")
    assert visitor.colours("embedding") > 100
    told = visitor[visitor.lane("embedding")].get_attribute("aria-label")
    assert told.startswith("embedding: 16 frames of 128 numbers, one every 0.25 s, between \u2212")
    visitor.click('[data-format="npy"]')
    values = np.load(io.BytesIO(visitor.saved("tone.embedding.npy")))
    visitor.point(visitor.lane("embedding"), share=0.65, down=0.999)
    when, where, value = read(visitor, "embedding").split(" · ")
    assert (when, where) == ("0:02.50", "dimension 0")
    assert float(value.replace("\u2212", "-")) == pytest.approx(values[10, 0], rel=1e-3)


def test_the_heat_map_is_walked_by_keyboard(visitor):
    visitor.analyse("embedding")
    visitor.run("document.querySelector(arguments[0]).focus()", visitor.lane("embedding"))
    visitor.press(key("ARROW_RIGHT"), key("ARROW_RIGHT"), key("ARROW_UP"))
    assert read(visitor, "embedding").startswith("0:00.50 · dimension 1 · ")
    assert visitor.position() == 0.5
    visitor.press(key("END"), key("PAGE_UP"))
    assert read(visitor, "embedding").startswith("0:03.75 · dimension 11 · ")


def test_the_strongest_and_the_weakest_values_have_the_ends_of_the_scale(visitor):
    visitor.analyse("tags")
    assert visitor.pixel("tags", 0.53, 0.05)[:3] == [33, 24, 84]  # 0.98 of 0.98
    assert sum(visitor.pixel("tags", 0.53, 0.9)[:3]) > 550


def test_tags_are_bars_by_their_peaks_and_a_heat_map_with_labels(visitor):
    visitor.analyse("tags")
    labels = visitor.all(".bars .label")
    assert labels[0] == "rain"
    assert set(labels) == set(TAGS)
    assert visitor.all(".bars .value")[0].endswith("0.98 peak at 0:02.0")
    peaks = [float(text.split(", ")[1].split()[0]) for text in visitor.all(".bars .value")]
    assert peaks == sorted(peaks, reverse=True)
    width = visitor.get("document.querySelector('.bars .track b').style.left")
    assert width == "98%"
    assert visitor.all(".names span") == list(TAGS)


def test_of_many_labels_the_strongest_come_first_and_all_can_be_seen(visitor):
    visitor.analyse("many")
    assert len(visitor.all(".bars li")) == 12
    assert len(visitor.all(".names span")) == 24
    assert "24 with the highest peaks" in visitor[visitor.lane("tags")].get_attribute("aria-label")
    visitor.click(".fact .button")
    assert len(visitor.all(".bars li")) == 60
    visitor.click("[data-table] summary").until("document.querySelector('tbody tr')")
    assert len(visitor.all("tbody tr")) == 60


def test_chords_are_a_strip_with_labels(visitor):
    visitor.analyse("chords")
    one, other = visitor.pixel("chord", 0.2, 0.2), visitor.pixel("chord", 0.8, 0.2)
    assert one != other
    none = visitor.pixel("chord", 0.4, 0.2)[:3]
    assert max(none) - min(none) < 12  # no chord is grey
    visitor.point(visitor.lane("chord"), share=0.75, down=0.5)
    assert read(visitor, "chord") == "0:02.00\u20130:04.00 · A:min/b3 · 0.5"
    assert not visitor.all(".names span")


def test_segments_are_walked_by_keyboard(visitor):
    visitor.analyse("chords")
    visitor.run("document.querySelector(arguments[0]).focus()", visitor.lane("chord"))
    visitor.press(key("ARROW_RIGHT"), key("ARROW_RIGHT"))
    assert read(visitor, "chord") == "0:02.00\u20130:04.00 · A:min/b3 · 0.5"
    assert visitor.position() == 2.0
    visitor.press(key("ARROW_LEFT"))
    assert visitor.position() == 1.2


def test_segments_that_overlap_have_a_row_each(visitor):
    visitor.analyse("scene")
    assert visitor.all(".names span") == ["street", HOSTILE, "horn"]
    street, nothing = visitor.pixel("events", 0.2, 0.16), visitor.pixel("events", 0.2, 0.5)
    assert street != nothing
    assert visitor.pixel("events", 0.95, 0.16) == nothing
    assert visitor.all('[data-fact="mood"] .label') == ["calm", "loud"]


def test_notes_are_a_piano_roll(visitor):
    visitor.analyse("notes")
    assert "8 notes, C4 to C5" in visitor[visitor.lane("notes")].get_attribute("aria-label")
    assert visitor.all(".keys span") == ["C4", "C5"]
    visitor.point(visitor.lane("notes"), share=0.9, down=0.13)
    assert read(visitor, "notes") == "0:03.50 · C5 · 0.4 s · velocity 120"
    visitor.click("[data-table] summary").until("document.querySelector('tbody tr')")
    assert visitor.all("tbody tr:first-child td") == ["0:00.00", "0:00.40", "C4 (60)", "20"]


def test_beats_are_ticks_over_the_sound_and_tempo_is_a_number(visitor):
    visitor.analyse("beats")
    assert visitor.text('[data-fact="tempo"] .figure') == "120 beats per minute"
    assert visitor.ticks("beats", 0.5) == 8
    assert visitor.ticks("beats", 0.05) == 2  # the first of each bar is taller


def test_frames_of_one_number_are_a_line(visitor):
    visitor.analyse("loudness")
    assert len(visitor.all('[data-lane="loudness"] .ends span')) == 2
    assert visitor.colours("loudness") > 2


def test_a_result_that_is_empty_says_so(visitor):
    visitor.analyse("nothing")
    assert visitor.text("#facts") == "The model found nothing to tell."
    assert visitor.text("#status").endswith("nothing found.")


def test_an_hour_is_painted_once_and_then_only_scaled(visitor):
    visitor.open("hour").choose("hour.flac")
    visitor.run(
        """window.painted = 0;
        const put = CanvasRenderingContext2D.prototype.putImageData;
        CanvasRenderingContext2D.prototype.putImageData = function (...given) {
          window.painted += 1;
          put.apply(this, given);
        };"""
    )
    visitor["#go"].click()
    visitor.done()
    assert "3,600 frames of 128" in visitor[visitor.lane("embedding")].get_attribute("aria-label")
    assert visitor.colours("embedding") > 100
    for _ in range(12):
        visitor.run("document.querySelector('[aria-label=\"Zoom in\"]').click()")
    visitor.painted()
    assert visitor.colours("embedding") > 20
    assert visitor.get("window.painted") == 1


def test_drawings_are_sharp_and_follow_the_width(visitor):
    visitor.analyse("tags")
    size = (
        "(c => [c.width / c.clientWidth, c.clientWidth])(document.querySelector('.lanes canvas'))"
    )
    assert visitor.get(size)[0] == pytest.approx(1, abs=0.01)
    wide = visitor.get(size)[1]
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": False}
    visitor.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    visitor.until(f"{size}[0] > 2.9")
    assert visitor.get(size)[1] < wide
    assert visitor.get("document.documentElement.scrollWidth") <= 390  # nothing sticks out


@pytest.mark.parametrize("model", ["embedding", "chords", "notes"])
def test_drawings_turn_dark_with_the_system(visitor, model):
    visitor.analyse(model)
    lane = visitor.run("return [...document.querySelectorAll('.lane')].at(-2).dataset.lane")
    light = visitor.pixel(lane, 0.99, 0.5)
    media = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    visitor.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    visitor.eventually(lambda: visitor.pixel(lane, 0.99, 0.5) != light)
    assert visitor.get("getComputedStyle(document.body).backgroundColor") == "rgb(16, 17, 21)"


def test_what_models_say_stays_text(visitor):
    visitor.analyse(HOSTILE)
    assert HOSTILE in visitor.text("#about")
    visitor.analyse("scene")
    visitor.click("[data-table] summary").until("document.querySelector('tbody tr')")
    assert HOSTILE in visitor.all("tbody td")
    assert visitor.get("document.querySelectorAll('main img, [onerror]').length") == 0
    assert visitor.get("document.querySelectorAll('a[href^=\"javascript\"]').length") == 0


def test_a_row_of_the_table_goes_there(visitor):
    visitor.analyse("chords").click("[data-table] summary")
    visitor.until("document.querySelector('tbody tr')").click("tbody tr:nth-child(3) .at")
    assert visitor.position() == 2.0


@pytest.mark.parametrize(
    ("model", "suffixes"),
    [
        ("embedding", ["json", "npy", "npz"]),
        ("chords", ["json", "csv", "npz", "jams", "lab", "mid"]),
        ("beats", ["json", "csv", "npz", "jams"]),
        ("notes", ["json", "csv", "npz", "jams", "mid"]),
    ],
)
def test_what_can_be_downloaded_is_what_the_server_can_give(visitor, server, model, suffixes):
    visitor.analyse(model)
    assert visitor.all("#downloads button") == suffixes
    for i, suffix in enumerate(suffixes):
        visitor.click(f"#downloads button:nth-of-type({i + 1})")
        assert visitor.saved(f"tone.{model}.{suffix}")
        if suffix != "json":
            visitor.until("document.getElementById('cancel').hidden")
    assert visitor.all("#alert p") == []
    assert [query.get("format") for _, query, *_ in server.asked][1:] == [
        {"mid": "midi"}.get(suffix, suffix) for suffix in suffixes[1:]
    ]
