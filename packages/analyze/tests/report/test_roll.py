from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from audioml.analyze.report.roll import pedal, roll
from audioml.core.values import Annotation

_BOX = re.compile(r"M([-\d.]+) (\d+)\.08h([\d.]+)v\.84h-([\d.]+)z")


class Drawing(HTMLParser):
    """The paths of a drawing, and the notes that they are."""

    def __init__(self, lane):
        super().__init__()
        self.paths, self.high, self.label = [], 0, ""
        self.feed(lane.body)

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        self.high = int(about.get("data-high", self.high))
        self.label = about.get("aria-label", self.label)
        if about.get("class") == "note":
            self.paths.append(about)

    @property
    def notes(self):
        """Return (start, length, pitch, velocity, percent sure) of every note."""
        found = []
        for path in self.paths:
            boxes = _BOX.findall(path["d"])
            assert path["d"] == "".join(f"M{s} {r}.08h{n}v.84h-{n}z" for s, r, n, _ in boxes)
            columns = [path.get(f"data-{name}", "").split(",") for name in ("velocity", "sure")]
            for i, (start, row, length, _) in enumerate(boxes):
                told = [column[i] if len(column) == len(boxes) else "" for column in columns]
                found.append((float(start), float(length), self.high - int(row), *told))
        return sorted(found)


def played(*rows, namespace="note_midi", **attributes):
    spans = np.array([row[:2] for row in rows], float)
    return Annotation(namespace, spans, [row[2] for row in rows], attributes=attributes)


def test_the_drawing_holds_every_note():
    spans = np.array([[1.0, 1.5], [0.25, 30.125], [25, 25.0], [3599.5, 3600.0]])
    sure = np.array([0.5, np.nan, 1.0, 0.254])
    loud = {"velocity": np.array([1, 64, 127, 80])}
    notes = Annotation("note_midi", spans, [60, 61, 21, 108], sure, loud)
    assert Drawing(roll(notes, 3600.0)).notes == [
        (0.25, 29.875, 61, "64", ""),
        (1.0, 0.5, 60, "1", "50"),
        (25.0, 0.0, 21, "127", "100"),
        (3599.5, 0.5, 108, "80", "25"),
    ]


def test_louder_notes_are_denser():
    loud = {"velocity": np.array([10, 50, 90, 127])}
    rows = [(i, i + 1, 60) for i in range(4)]
    paths = Drawing(roll(played(*rows, **loud), 9.0)).paths
    opacity = {path["data-velocity"]: float(path["opacity"]) for path in paths}
    assert opacity["10"] < opacity["50"] < opacity["90"] < opacity["127"] == 1


def test_without_velocities_all_notes_are_alike():
    (path,) = Drawing(roll(played((0, 1, 60), (1, 2, 62)), 9.0)).paths
    assert path["opacity"] == "1"
    assert "data-velocity" not in path


def test_frequencies_are_drawn_at_their_keys():
    lane = roll(played((0, 1, 440.0), (1, 2, 27.5), namespace="note_hz"), 9.0)
    assert [note[2] for note in Drawing(lane).notes] == [69, 21]


@pytest.mark.parametrize(
    ("pitches", "label"),
    [
        ([60], "1 note from C4 to C4"),
        ([21, 108], "2 notes from A0 to C8"),
        ([-40, 300], "2 notes from C-1 to G9"),
    ],
)
def test_the_keyboard_ends_at_white_keys_and_fits(pitches, label):
    lane = roll(played(*[(0, 1, pitch) for pitch in pitches]), 9.0)
    assert Drawing(lane).label == label
    rows = int(re.search(r'viewBox="0 0 1 (\d+)"', lane.beside)[1])
    assert rows >= 18
    assert f'viewBox="0 0 9 {rows}"' in lane.body
    high = Drawing(lane).high
    assert not {high % 12, (high - rows + 1) % 12} & {1, 3, 6, 8, 10}
    assert lane.height <= 480
    assert all(0 <= share <= 1 for share, _ in lane.marks)
    assert {"C4"} <= {text for _, text in lane.marks}


def test_ten_thousand_notes_are_few_paths_each_of_a_short_time():
    rng = np.random.default_rng(0)
    starts = rng.uniform(0, 900, 10_000)
    rows = [(s, s + 0.4, p) for s, p in zip(starts, rng.integers(21, 109, 10_000), strict=True)]
    lane = roll(played(*rows, velocity=rng.integers(1, 128, 10_000)), 901.0)
    drawing = Drawing(lane)
    assert len(drawing.notes) == 10_000
    assert len(drawing.paths) <= 8 * 46
    assert len(lane.body) < 500_000
    for path in drawing.paths:
        times = [float(start) for start, *_ in _BOX.findall(path["d"])]
        assert max(times) - min(times) <= 20


def test_the_pedal_says_how_long_it_is_down_though_presses_overlap():
    lane = pedal(Annotation("pedal", [[1, 3], [2, 4], [7, 9]], [None] * 3), 10.0)
    assert Drawing(lane).label == "Sustain pedal pressed 3 times, down 50% of the time"
    assert "M1 0h2v1h-2zM2 0h2v1h-2zM7 0h2v1h-2z" in lane.body
