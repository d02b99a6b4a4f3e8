"""Formats of lines and tables: lab, audacity, csv, text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.errors import OutputError
from audioml.core.formats.audacity import AUDACITY
from audioml.core.formats.csv import CSV
from audioml.core.formats.lab import LAB
from audioml.core.formats.sv import SV
from audioml.core.formats.text import TEXT, clock
from audioml.core.values import Annotation, Prediction


def rows_of(analysis):
    return list(csv.DictReader(io.StringIO(CSV.encode(analysis).decode())))


def test_a_lab_file_says_the_first_segments(song):
    assert LAB.encode(song).decode() == (
        "0.000000\t1.500000\tC:maj\n"
        "1.500000\t2.250000\tA#:min7/b3\n"
        "2.250000\t3.000000\tN\n"
        "3.000000\t4.000000\tG:7\n"
    )


def test_a_lab_file_needs_segments(song):
    beats = replace(song, predictions={"beat": song["beat"]})
    with pytest.raises(OutputError, match="no labelled segments"):
        LAB.encode(beats)


@pytest.mark.parametrize("form", [AUDACITY, CSV, LAB, SV], ids=lambda f: f.suffix)
def test_frames_alone_are_nothing_to_write(silent, form):
    with pytest.raises(OutputError, match="the analysis holds no"):
        form.encode(silent)


def test_an_audacity_track_holds_every_event_by_time(song):
    rows = [line.split("\t") for line in AUDACITY.encode(song).decode().splitlines()]
    starts = [float(start) for start, _, _ in rows]
    assert starts == sorted(starts)
    assert ["0.500000", "1.000000", "C4"] in rows
    assert ["0.600000", "0.600000", "2"] in rows
    assert ["0.250000", "0.250000", "onset"] in rows


def test_a_csv_row_says_who_when_what_and_how_sure(song):
    first, second = rows_of(song)[:2]
    assert first == {
        "estimator": "chord",
        "namespace": "chord",
        "start": "0.0",
        "end": "1.5",
        "value": "C:maj",
        "confidence": "0.75",
        "velocity": "",
    }
    assert second["confidence"] == ""


def test_notes_and_pedal_are_csv_rows(piano):
    first, *_, last = rows_of(piano)
    assert first == {
        "estimator": "notes",
        "namespace": "note_midi",
        "start": "0.5",
        "end": "1.0",
        "value": "60",
        "confidence": "0.75",
        "velocity": "64",
    }
    assert (last["namespace"], last["start"], last["value"]) == ("pedal", "2.0", "")


def test_notes_and_pedal_are_labels(piano):
    assert AUDACITY.encode(piano).decode() == (
        "0.250000\t1.750000\tpedal\n"
        "0.500000\t1.000000\tC4\n"
        "0.500000\t2.000000\tG4\n"
        "1.000000\t1.500000\tC4\n"
        "2.000000\t3.000000\tpedal\n"
    )


def test_notes_and_pedal_are_a_line_each_of_the_text_table(piano):
    text = TEXT.encode(piano).decode()
    assert "\n  3 notes, C4 to G4, velocities 1 to 100\n" in text
    assert "\n  2 presses, down 62% of the time\n" in text


def test_neither_notes_nor_pedal_are_labelled_segments(piano):
    empty = Annotation("pedal", np.zeros((0, 2)), [])
    for analysis in (piano, replace(piano, predictions={"e": Prediction({"pedal": empty})})):
        with pytest.raises(OutputError, match="no labelled segments"):
            LAB.encode(analysis)


def test_attributes_are_csv_columns(song):
    notes = [r for r in rows_of(song) if r["namespace"] == "note_midi"]
    assert [r["velocity"] for r in notes] == ["64", "100", "1"]


labels = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1)


@given(st.lists(labels, min_size=1, max_size=5))
def test_any_label_comes_back_from_csv(texts):
    analysis = _tagged(texts)
    assert [r["value"] for r in rows_of(analysis)] == texts


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_label_is_one_line_of_a_label_file(texts):
    for form in (LAB, AUDACITY):
        text = form.encode(_tagged(texts)).decode(errors="strict")
        assert [line.count("\t") for line in text.split("\n")[:-1]] == [2] * len(texts)


def _tagged(texts):
    from audioml.core.analysis import Analysis, Recording

    spans = np.arange(len(texts))[:, np.newaxis] + [0.0, 1.0]
    tags = Annotation("tag_open", spans, texts)
    return Analysis(Recording(duration=9.0), {"tags": Prediction({"tags": tags})})


def test_the_text_table_shows_time_chord_and_how_sure(song):
    text = TEXT.encode(song).decode()
    assert "Süße <b> Song · Ä & Ö · 0:04.0" in text
    assert "chord (tiny-chord 1.2.0)" in text
    assert "  0:00.0  C:maj       ███████████████░░░░░  75%" in text
    assert "  0:01.5  A#:min7/b3\n" in text
    assert "3 from 0:00.0 to 0:01.2, 100.0 BPM (median)" in text
    assert "3 notes, C4 to G4, velocities 1 to 100" in text


def test_the_text_table_of_nothing_is_a_heading(silent):
    assert TEXT.encode(silent).decode() == "recording · 0:01.5\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.0"),
        (59.96, "1:00.0"),
        (3600.5, "1:00:00.5"),
        (-1.25, "-0:01.2"),
        (-0.01, "0:00.0"),
    ],
)
def test_a_clock_carries_when_it_rounds(seconds, text):
    assert clock(seconds) == text
