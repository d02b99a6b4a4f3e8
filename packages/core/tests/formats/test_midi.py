from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioml.core.analysis import Analysis, Recording
from audioml.core.errors import OutputError
from audioml.core.formats.midi import MIDI
from audioml.core.values import Annotation, Prediction

mido = pytest.importorskip("mido", reason="the independent reader: pip install mido")


def read(analysis):
    return mido.MidiFile(file=io.BytesIO(MIDI.encode(analysis)))


def notes_of(file):
    """Return (start, end, pitch, velocity) of every note, as mido plays the file."""
    now, open_notes, notes = 0.0, {}, []
    for message in file:
        now += message.time
        if message.type == "note_on":
            assert message.note not in open_notes, "a note began before the last of its pitch ended"
            open_notes[message.note] = (now, message.velocity)
        elif message.type == "note_off":
            start, velocity = open_notes.pop(message.note)
            notes.append((start, now, message.note, velocity))
    assert not open_notes
    return sorted(notes)


def only(annotation, **others):
    return Analysis(Recording(duration=9.0), {"e": Prediction({"a": annotation, **others})})


def test_notes_keep_time_pitch_and_velocity(notes):
    assert [n[2:] for n in notes_of(read(only(notes)))] == [(60, 64), (67, 1), (60, 100)]
    times = [n[:2] for n in notes_of(read(only(notes)))]
    np.testing.assert_allclose(times, [(0.5, 1.0), (0.5, 2.0), (1.0, 1.5)], atol=1e-3)


def test_the_tempo_is_that_of_the_analysis_and_times_stay(song):
    file = read(song)
    tempi = [m.tempo for m in file if m.type == "set_tempo"]
    assert [mido.tempo2bpm(t) for t in tempi] == [100.0]
    assert file.type == 1
    starts = {pitch: start for start, _, pitch, _ in notes_of(file) if pitch == 67}
    np.testing.assert_allclose(starts[67], 0.5, atol=1e-3)


@pytest.mark.parametrize(
    ("label", "classes", "bass"),
    [
        ("C:maj", {0, 4, 7}, 0),
        ("A#:min7/b3", {10, 1, 5, 8}, 1),
        ("Gb:hdim7", {6, 9, 0, 4}, 6),
        ("D", {2, 6, 9}, 2),
        ("A/5", {9, 1, 4}, 4),
        ("C:maj(9,*3)", {0, 7, 2}, 0),
        ("E:(1,5)", {4, 11}, 4),
    ],
)
def test_a_chord_sounds_as_its_tones_over_its_bass(label, classes, bass):
    played = notes_of(read(only(Annotation("chord", np.array([[1.0, 2.0]]), [label]))))
    assert {pitch % 12 for _, _, pitch, _ in played} == classes
    assert min(pitch for _, _, pitch, _ in played) % 12 == bass
    np.testing.assert_allclose({n[:2] for n in played}.pop(), (1.0, 2.0), atol=1e-3)


def test_no_chord_is_silent_but_marked(chords):
    file = read(only(chords))
    assert [m.text for m in file if m.type == "marker"] == ["C:maj", "A#:min7/b3", "N", "G:7"]
    assert not [n for n in notes_of(file) if 2.25 < n[0] < 2.9]


def pedal_of(file):
    """Return (time, whether down) of every sustain controller, as mido plays the file."""
    now, found = 0.0, []
    for message in file:
        now += message.time
        if message.is_cc(64):
            found.append((round(now, 3), message.value >= 64))
    return found


def test_the_pedal_is_a_controller_in_the_track_of_its_notes(piano, chords):
    file = read(replace(piano, predictions={"chord": only(chords)["e"], **piano.predictions}))
    assert pedal_of(file) == [(0.25, True), (1.75, False), (2.0, True), (3.0, False)]
    (track,) = (t for t in file.tracks if any(m.is_cc(64) for m in t))
    assert track.name == "notes.notes"
    channels = {m.channel for m in track if not m.is_meta}
    assert len(channels) == 1
    others = {m.channel for t in file.tracks if t is not track for m in t if not m.is_meta}
    assert not channels & others


@pytest.mark.parametrize(
    ("presses", "heard"),
    [
        ([[0, 2], [1, 3]], [(0.0, True), (3.0, False)]),
        ([[0, 3], [1, 2]], [(0.0, True), (3.0, False)]),
        ([[2, 3], [0, 2]], [(0.0, True), (2.0, False), (2.0, True), (3.0, False)]),
        ([[1, 1], [2, 2.0001], [3, 4]], [(3.0, True), (4.0, False)]),
        ([[-1, 1]], [(0.0, True), (1.0, False)]),
    ],
)
def test_the_pedal_is_up_where_no_press_is(notes, presses, heard):
    named_so = Annotation("tag_open", np.array(presses, float), ["down"] * len(presses))
    assert pedal_of(read(only(notes, pedal=named_so))) == heard


def test_a_velocity_that_is_no_number_is_a_usual_one(notes):
    odd = replace(notes, attributes={"velocity": np.array([0.5, np.nan, 1.0])})
    assert [n[2:] for n in notes_of(read(only(odd)))] == [(60, 64), (67, 127), (60, 80)]
    assert {n[3] for n in notes_of(read(only(replace(notes, attributes={}))))} == {80}


def test_the_pedal_alone_is_nothing_to_write(piano):
    with pytest.raises(OutputError, match="neither notes nor chords"):
        MIDI.encode(only(piano["notes"]["pedal"]))


def test_a_piece_in_which_no_note_was_found_is_a_silent_file():
    none = Annotation("note_midi", np.zeros((0, 2)), [], attributes={"velocity": np.zeros(0, int)})
    file = read(only(none, pedal=Annotation("pedal", np.zeros((0, 2)), [])))
    assert [t.name for t in file.tracks] == ["audioml", "e.a"]
    assert notes_of(file) == pedal_of(file) == []


def test_neither_notes_nor_chords_is_nothing_to_write(song):
    with pytest.raises(OutputError, match="neither notes nor chords"):
        MIDI.encode(replace(song, predictions={"beat": song["beat"]}))


note = st.tuples(st.floats(-1, 500), st.floats(0, 30), st.integers(-3, 140), st.floats(0, 1))


@given(st.lists(note, min_size=1, max_size=30), st.floats(1, 2000))
def test_any_notes_give_a_file_that_reads_back(notes, bpm):
    spans = np.array([(start, start + length) for start, length, _, _ in notes])
    loud = {"velocity": np.array([n[3] for n in notes])}
    annotation = Annotation("note_midi", spans, [n[2] for n in notes], attributes=loud)
    tempo = Annotation("tempo", np.array([[0.0, 1.0]]), [bpm])
    played = notes_of(read(only(annotation, tempo=tempo)))
    assert played
    assert {n[2] for n in played} == {min(max(n[2], 0), 127) for n in notes}
    starts = np.maximum(spans[:, 0], 0)
    for start, end, _, _ in played:
        assert np.abs(starts - start).min() < 0.1
        assert end > start
