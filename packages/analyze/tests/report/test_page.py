from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from audioml.analyze import Analysis, Recording
from audioml.analyze.report import HTML, html
from audioml.core.values import Annotation, Frames, Prediction


class Page(HTMLParser):
    """The tags with their attributes, and the text of each kind of tag."""

    def __init__(self, data):
        super().__init__()
        self.tags, self.text, self._open = [], {}, []
        self.feed(data.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass  # an element without an end, such as meta

    def handle_data(self, data):
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)

    def of_class(self, name):
        return [a for _, a in self.tags if name in (a.get("class") or "").split()]


@pytest.fixture(scope="module")
def page(song):
    return Page(html(song, song.recording.path))


def test_nothing_is_fetched_from_elsewhere(page):
    addresses = [a[k] for _, a in page.tags for k in ("src", "href") if k in a]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"url\(|@import", page.text["style"][0])


def test_the_policy_allows_our_script_alone(page):
    (script,) = page.text["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert f"script-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy


def test_a_hostile_title_stays_text(page, song):
    assert page.text["h1"][0] == song.recording.title
    assert page.text["title"][0] == song.recording.title
    assert len([tag for tag, _ in page.tags if tag == "script"]) == 1


def test_chords_are_buttons_that_say_what_they_are(page):
    buttons = page.of_class("seg")
    assert [b["aria-label"] for b in buttons] == [
        "A minor, 0:00.0 to 0:03.0, confidence 50%",
        "no chord, 0:03.0 to 0:04.0",
        "C major over G, 0:04.0 to 0:08.0, confidence 75%",
        "G seventh, 0:08.0 to 0:12.0, confidence 100%",
    ]
    assert [b["tabindex"] for b in buttons] == ["0", "-1", "-1", "-1"]
    assert buttons[1]["style"].startswith("left:25.0000%;width:8.3333%")


def test_every_kind_of_answer_has_its_lane(page):
    lanes = [a["class"].split()[1] for a in page.of_class("lane")]
    assert lanes == ["waveform", "segments", "ticks", "roll", "pedal", "chroma"]
    labels = [a.get("aria-label") for tag, a in page.tags if tag == "svg" and a.get("role")]
    assert labels == [
        "12 beats",
        "2 notes from C4 to G4, velocities 20 to 120",
        "Sustain pedal pressed 2 times, down 25% of the time",
    ]


def test_tempo_and_tags_of_the_whole_and_how_many_notes_are_facts(song):
    text = html(song).decode()
    assert "<li><b>2</b> notes</li>" in text
    assert "<li><b>60</b> BPM</li>" in text
    assert "<li><b>&lt;i&gt;calm</b> </li>" in text


def test_models_are_named_with_versions(page):
    assert "tiny-<chord>" in page.text["b"]
    assert page.text["code"] == ["c0ffeec0ffee"]


def test_without_a_file_the_page_says_so_and_shows_everything(song):
    page = Page(html(song, None))
    assert not [tag for tag, _ in page.tags if tag == "audio"]
    assert any("no sound" in text for text in page.text["p"])
    assert len(page.of_class("seg")) == 4


def test_the_format_embeds_the_recording_of_the_analysis(song):
    assert HTML.suffix == ".html"
    assert b'src="data:audio/wav;base64,' in HTML.encode(song)
    assert b"<audio" not in HTML.encode(replace(song, recording=Recording(duration=12.0)))


@pytest.mark.parametrize("duration", [0.0, 0.5, 40_000.0])
def test_an_analysis_of_nothing_is_still_a_page(duration):
    empty = Annotation("chord", np.zeros((0, 2)), [])
    frames = Frames(np.zeros((0, 12)), hop=0.1)
    prediction = Prediction({"chord": empty, "pitch": frames})
    data = html(Analysis(Recording(duration=duration), {"chord": prediction}))
    assert len(data) < 300_000
    assert not Page(data).of_class("seg")


def test_overlapping_segments_stand_below_each_other():
    tags = Annotation("tag_open", np.array([[0, 5], [2, 6], [5, 7.0]]), ["dog", "car", "dog"])
    analysis = Analysis(Recording(duration=9.0), {"tags": Prediction({"tags": tags})})
    styles = [b["style"] for b in Page(html(analysis)).of_class("seg")]
    assert [re.search(r"top:(\d+)px", style)[1] for style in styles] == ["0", "46", "0"]
