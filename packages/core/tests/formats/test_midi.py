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


def test_the_pedal_is_a_controller_on_the_channel_of_its_notes(notes):
    pedal = Annotation("tag_open", np.array([[0.25, 1.0]]), ["down"])
    controls = [m for m in read(only(notes, pedal=pedal)) if m.type == "control_change"]
    assert [(m.control, m.value) for m in controls] == [(64, 127), (64, 0)]


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
